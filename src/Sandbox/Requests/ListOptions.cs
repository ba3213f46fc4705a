using System.Globalization;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Requests;

/// <summary>What a list, watch or deletecollection selects and from which revision.</summary>
internal sealed record ListOptions
{
    public required LabelSelector Labels { get; init; }
    public required FieldSelector Fields { get; init; }

    /// <summary>As sent; empty when absent.</summary>
    public required string ResourceVersion { get; init; }

    /// <summary>Empty, <c>Exact</c> or <c>NotOlderThan</c>.</summary>
    public required string Match { get; init; }

    /// <summary>Zero or less: no limit.</summary>
    public required long Limit { get; init; }
    public required string Continue { get; init; }

    /// <summary>Null when absent.</summary>
    public required bool? SendInitialEvents { get; init; }
    public required bool AllowBookmarks { get; init; }
    public required long? TimeoutSeconds { get; init; }

    /// <summary>The wanted revision; null when unset.</summary>
    public required long? Revision { get; init; }

    public bool HasSelector => !Labels.IsEmpty || !Fields.IsEmpty;

    public static ListOptions Parse(QueryOptions query, ServedResource resource, bool isWatch)
    {
        var limit = query.Number("limit");
        var timeout = query.Number("timeoutSeconds");
        var labels = LabelSelector.Parse(query.Text("labelSelector"));
        var fields = FieldSelector.Parse(query.Text("fieldSelector"), resource);
        var options = new ListOptions
        {
            Labels = labels,
            Fields = fields,
            ResourceVersion = query.Text("resourceVersion"),
            Match = query.Text("resourceVersionMatch"),
            Limit = limit ?? 0,
            Continue = query.Text("continue"),
            SendInitialEvents = query.Has("sendInitialEvents") ? query.Flag("sendInitialEvents") : null,
            AllowBookmarks = query.Flag("allowWatchBookmarks"),
            TimeoutSeconds = timeout,
            Revision = null,
        };
        var errors = isWatch ? options.WatchErrors() : options.ListErrors();
        if (errors.Count > 0)
        {
            throw StatusResponses.InvalidOptions("ListOptions", errors);
        }
        return options with { Revision = ParseRevision(options.ResourceVersion) };
    }

    public bool Selects(ServedObject candidate) => Labels.Matches(candidate.Content) && Fields.Matches(candidate.Content);

    private static long? ParseRevision(string text) =>
        text.Length == 0 ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision) ? revision
        : throw StatusResponses.Internal($"resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax");

    private static FieldError ForbiddenMatch(string why) => new("FieldValueForbidden", $"Forbidden: {why}", "resourceVersionMatch");

    private FieldError UnsupportedMatch(string supported) =>
        new("FieldValueNotSupported", $"Unsupported value: \"{Match}\": supported values: {supported}", "resourceVersionMatch");

    private List<FieldError> ListErrors()
    {
        var errors = new List<FieldError>();
        if (Match.Length > 0)
        {
            if (ResourceVersion.Length == 0)
            {
                errors.Add(ForbiddenMatch("resourceVersionMatch is forbidden unless resourceVersion is provided"));
            }
            if (Continue.Length > 0)
            {
                errors.Add(ForbiddenMatch("resourceVersionMatch is forbidden when continue is provided"));
            }
            if (Match is not ("Exact" or "NotOlderThan"))
            {
                errors.Add(UnsupportedMatch("\"Exact\", \"NotOlderThan\", \"\""));
            }
            if (Match == "Exact" && ResourceVersion == "0")
            {
                errors.Add(ForbiddenMatch("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""));
            }
        }
        if (SendInitialEvents is not null)
        {
            errors.Add(new FieldError("FieldValueForbidden", "Forbidden: sendInitialEvents is forbidden for list", "sendInitialEvents"));
        }
        return errors;
    }

    private List<FieldError> WatchErrors()
    {
        var errors = new List<FieldError>();
        if (SendInitialEvents is not null && Match != "NotOlderThan")
        {
            errors.Add(ForbiddenMatch("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
        }
        if (Match.Length > 0)
        {
            if (SendInitialEvents is null)
            {
                errors.Add(ForbiddenMatch("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
            }
            if (Match != "NotOlderThan")
            {
                errors.Add(UnsupportedMatch("\"NotOlderThan\""));
            }
            if (Continue.Length > 0)
            {
                errors.Add(ForbiddenMatch("resourceVersionMatch is forbidden when continue is provided"));
            }
        }
        return errors;
    }
}
