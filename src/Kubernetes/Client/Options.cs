namespace Comptroller.Kubernetes.Client;

/// <summary>How a list is asked for.</summary>
public sealed record ListOptions
{
    /// <summary>Objects per page (rule Q4); 0 asks for everything at once.</summary>
    public int Limit { get; init; } = 500;
    public string? Continue { get; init; }

    /// <summary>Unset means the most recent state (rule R1).</summary>
    public string? ResourceVersion { get; init; }
    public string? ResourceVersionMatch { get; init; }
    public string? LabelSelector { get; init; }
    public string? FieldSelector { get; init; }

    /// <summary>A refused connection is told at once instead of being tried again: for callers that wait by themselves and say why.</summary>
    public bool FailFast { get; init; }
}

/// <summary>How a watch is asked for. Bookmarks are always asked for (rule R2).</summary>
public sealed record WatchOptions
{
    public required string ResourceVersion { get; init; }

    /// <summary>How long the server keeps the watch open. The client gives up 30 s later on its own (rule T3).</summary>
    public required TimeSpan Timeout { get; init; }
    public string? LabelSelector { get; init; }
    public string? FieldSelector { get; init; }

    /// <summary>As <see cref="ListOptions.FailFast"/>.</summary>
    public bool FailFast { get; init; }
}

/// <summary>How a server-side apply is sent.</summary>
/// <param name="FieldManager">One stable name per writer (rule W1).</param>
/// <param name="Force">Take over fields that others own: true for objects that are ours alone.</param>
/// <param name="Subresource">Such as <c>status</c>; null for the main resource.</param>
/// <param name="DryRun">Let the server go through the motions and store nothing (rule Q6).</param>
public sealed record ApplyOptions(string FieldManager, bool Force = true, string? Subresource = null, bool DryRun = false);

/// <summary>How an object is deleted.</summary>
public sealed record DeleteOptions
{
    /// <summary><c>Background</c>, <c>Foreground</c> or <c>Orphan</c>.</summary>
    public string PropagationPolicy { get; init; } = "Background";
    public string? Uid { get; init; }
    public string? ResourceVersion { get; init; }
}

/// <summary>One page of a list. <see cref="ResourceVersion"/> counts on the last page only.</summary>
public sealed record ObjectPage<T>(IReadOnlyList<T> Items, string ResourceVersion, string? Continue)
{
    /// <summary>Objects of the page that could not be decoded: one bad object must not hide the others (rule R8).</summary>
    public IReadOnlyList<UndecodedObject> Undecoded { get; init; } = [];
}

/// <summary>An object that the server holds and <c>T</c> cannot express, such as an enum value of a newer schema (rule R8).</summary>
/// <param name="Metadata">What names it.</param>
/// <param name="Error">Which field, and why.</param>
public sealed record UndecodedObject(Model.ObjectMeta Metadata, string Error);

/// <summary>What a watch reports.</summary>
public enum WatchEventType
{
    Added,
    Modified,
    Deleted,
    Bookmark,
}

/// <summary>
/// One event of a watch. <see cref="Object"/> is null for a bookmark, and for an object that could not be decoded: then
/// <see cref="DecodeError"/> says why and <see cref="Metadata"/> still names it (rule R8).
/// </summary>
public sealed record WatchEvent<T>(WatchEventType Type, T? Object, Model.ObjectMeta Metadata, string? DecodeError = null)
    where T : class;
