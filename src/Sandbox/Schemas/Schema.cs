namespace Comptroller.Sandbox.Schemas;

/// <summary>One node of a structural schema.</summary>
internal sealed partial class Schema;
