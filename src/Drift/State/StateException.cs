namespace Comptroller.Drift.State;

/// <summary>A Terraform state cannot be used. The message says what, where and how to mend it.</summary>
public sealed class StateException : FormatException
{
    public StateException(string message)
        : base(message)
    {
    }

    public StateException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
