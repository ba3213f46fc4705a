namespace Comptroller.Sandbox.Fields;

/// <summary>An apply that cannot even be tried; the message is the server's.</summary>
/// <param name="code">The HTTP status: 500 for what the server treats as its own failure, 400 otherwise.</param>
internal sealed class FieldsException(int code, string message) : Exception(message)
{
    public int Code { get; } = code;
}
