namespace Comptroller.Sandbox.Patches;

/// <summary>A patch that does not fit the object. For JSON patches the server replaces the message by a fixed one; for strategic merge patches it is the server's.</summary>
internal sealed class PatchException(string message) : Exception(message);
