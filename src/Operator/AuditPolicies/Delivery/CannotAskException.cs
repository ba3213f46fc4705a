namespace Comptroller.Operator.AuditPolicies.Delivery;

/// <summary>A question was not answered. The message says why in our own words and never repeats what the other side sent.</summary>
internal sealed class CannotAskException(string message, bool denied = false, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The server is there and wants credentials.</summary>
    public bool Denied { get; } = denied;
}
