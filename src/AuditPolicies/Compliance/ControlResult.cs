namespace Comptroller.AuditPolicies.Compliance;

/// <summary>How a control is met, from good to bad.</summary>
public enum ControlResult
{
    /// <summary>What the resource renders meets it.</summary>
    Pass,

    /// <summary>Nothing here can tell: the reason says what to show.</summary>
    Manual,

    /// <summary>What the resource renders does not meet it.</summary>
    Fail,
}
