using System.Collections.Immutable;
using Comptroller.Drift.Api.Access;

namespace Comptroller.Drift.Api;

/// <summary>One operation of the API: what serves it, and what its document says.</summary>
/// <param name="Method">GET, POST or DELETE.</param>
/// <param name="Template">The path; <c>{id}</c> at the end takes the rest, slashes and all, elsewhere one segment.</param>
/// <param name="Needs">The scope.</param>
/// <param name="Summary">One line for the document.</param>
/// <param name="Serve">Answers; null for what the server itself serves (probes, intake, streams).</param>
public sealed record Route(string Method, string Template, Scopes Needs, string Summary, Func<ApiCall, CancellationToken, Task<ApiAnswer>>? Serve = null)
{
    public ImmutableArray<Parameter> Query { get; init; } = [];

    /// <summary>Schema of the body; null for none.</summary>
    public string? Body { get; init; }

    /// <summary>Schema of <c>data</c>, or of the whole answer where <see cref="IsBare"/>.</summary>
    public string Data { get; init; } = "Any";

    /// <summary>Whether the answer has no envelope.</summary>
    public bool IsBare { get; init; }

    /// <summary>Media type of the answer.</summary>
    public string Media { get; init; } = "application/json";

    /// <summary>Status when all is well.</summary>
    public int Status { get; init; } = 200;

    /// <summary>Whether callers are limited; probes, metrics and intake are not.</summary>
    public bool IsLimited { get; init; } = true;

    internal string[] Segments { get; } = Template.Split('/');

    /// <summary>Whether a path is this one's.</summary>
    /// <param name="segments">The path, split and not decoded.</param>
    /// <param name="id">The part that <c>{id}</c> stands for, not decoded.</param>
    internal bool Matches(string[] segments, out string id)
    {
        id = "";
        var takesRest = Segments[^1] == "{id}";
        if (takesRest ? segments.Length < Segments.Length : segments.Length != Segments.Length)
        {
            return false;
        }

        for (var at = 0; at < Segments.Length; at++)
        {
            if (Segments[at] == "{id}")
            {
                id = takesRest && at == Segments.Length - 1 ? string.Join('/', segments[at..]) : segments[at];
            }
            else if (Segments[at] != segments[at])
            {
                return false;
            }
        }

        return !Template.Contains("{id}", StringComparison.Ordinal) || id.Length > 0;
    }
}

/// <summary>A parameter of a query.</summary>
/// <param name="Name">As it is written.</param>
/// <param name="Type"><c>string</c>, <c>integer</c> or <c>boolean</c>.</param>
/// <param name="Description">One line.</param>
public sealed record Parameter(string Name, string Type, string Description)
{
    /// <summary>The values it may have; empty for any.</summary>
    public ImmutableArray<string> Values { get; init; } = [];
}
