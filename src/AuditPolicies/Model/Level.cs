namespace Comptroller.AuditPolicies.Model;

/// <summary>How much of a request is recorded, in rising order (audit.k8s.io/v1 <c>level</c>; names are case-sensitive).</summary>
public enum Level
{
    /// <summary>The request is not recorded.</summary>
    None,

    /// <summary>Who, what, when and the result; no bodies.</summary>
    Metadata,

    /// <summary>Metadata and the request body.</summary>
    Request,

    /// <summary>Metadata, request body and response body.</summary>
    RequestResponse,
}
