namespace Comptroller.Kubernetes.Client.Transport;

/// <summary>One call as the API sees it.</summary>
internal sealed record ApiRequest(HttpMethod Method, string Path)
{
    /// <summary>Without the question mark.</summary>
    public string Query { get; init; } = "";
    public ReadOnlyMemory<byte>? Body { get; init; }
    public string ContentType { get; init; } = "application/json";
    public string Accept { get; init; } = "application/json";

    /// <summary>Ask for gzip: for lists only (rule T11).</summary>
    public bool Compress { get; init; }

    /// <summary>A watch: its slot is given back when the stream begins, and its bytes are not counted as one answer.</summary>
    public bool Streaming { get; init; }

    /// <summary>A refused connection is not tried again.</summary>
    public bool FailFast { get; init; }

    /// <summary>The verb as errors name it.</summary>
    public string Verb => Method.Method;
}
