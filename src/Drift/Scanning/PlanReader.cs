using System.Text;
using System.Text.Json;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;
using Comptroller.Drift.Rules;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Scanning;

/// <summary>
/// Reads what Terraform or OpenTofu found out itself: <c>plan -refresh-only -json</c>, which names resources, or
/// <c>show -json</c> of the plan file, which has the values too. The providers know their clouds; nobody does it better.
/// </summary>
public static class PlanReader
{
    private static readonly string[] PlanMembers = ["resource_drift", "resource_changes", "planned_values", "prior_state", "configuration"];

    /// <summary>Reads a plan.</summary>
    /// <param name="utf8">Messages, one a line, or one document.</param>
    /// <param name="source">Named in errors.</param>
    /// <param name="state">Gives ids to what the plan only names; may be empty.</param>
    /// <param name="rules">What matters.</param>
    /// <param name="now">For ignore rules and windows.</param>
    /// <exception cref="FormatException">It is no plan, or Terraform failed; says why.</exception>
    public static ScanReport Read(ReadOnlyMemory<byte> utf8, string source, StateIndex state, RuleBook rules, DateTimeOffset now)
    {
        try
        {
            return ReadDocuments(utf8, source, state, rules, now);
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException($"{source}: a text in the plan is none: {e.Message}", e);
        }
    }

    private static ScanReport ReadDocuments(ReadOnlyMemory<byte> utf8, string source, StateIndex state, RuleBook rules, DateTimeOffset now)
    {
        var findings = new List<Finding>();
        var seen = new PlannedResources(state);
        var (isPlan, isFinished, line) = (false, false, 0);
        DateTimeOffset? began = null;
        foreach (var text in Documents(utf8, source))
        {
            line++;
            JsonElement root;
            try
            {
                root = JsonElement.Parse(text);
            }
            catch (JsonException e)
            {
                throw new FormatException($"{source}:{line}: this is not JSON: {e.Message}; give the output of `terraform plan -refresh-only -json` or `terraform show -json PLAN`", e);
            }

            if (root.Member("resource_drift").ValueKind == JsonValueKind.Array || root.Member("format_version").ValueKind == JsonValueKind.String)
            {
                CheckIsPlan(root, $"{source}:{line}");
                (isPlan, isFinished) = (true, true);
                began ??= Texts.Time(root.Text("timestamp"));
                seen.AddValues(root.Member("prior_state").Member("values").Member("root_module"));
                findings.AddRange(Drift(root.Member("resource_drift"), seen));
                continue;
            }

            isPlan |= root.Text("type") == "version";
            began ??= Texts.Time(root.Text("@timestamp"));
            switch (root.Text("type"))
            {
                case "diagnostic" when root.Member("diagnostic").Text("severity") == "error":
                    throw new FormatException($"{source}:{line}: the plan failed: {root.Member("diagnostic").Text("summary")}: {root.Member("diagnostic").Text("detail")}");
                case "refresh_complete":
                    var hook = root.Member("hook");
                    seen.Add(hook.Member("resource").Text("addr"), hook.Text("id_value"));
                    break;
                case "resource_drift":
                    isPlan = true;
                    findings.Add(Message(root.Member("change"), seen));
                    break;
                case "change_summary":
                    (isPlan, isFinished) = (true, true);
                    break;
            }
        }

        if (!isPlan)
        {
            throw new FormatException($"{source}: this is no plan: give the output of `terraform plan -refresh-only -json` or `terraform show -json PLAN`");
        }

        return isFinished
            ? ScanReport.Of(findings.Select(finding => Redaction.Of(rules.Apply(finding, now))), state.Count, state.Count, null) with { Looked = seen.Looked, Began = began }
            // A plan that was cut off has not looked at everything; what it did not see is not clean.
            : throw new FormatException($"{source}: the plan breaks off: it has no change_summary");
    }

    /// <summary>Why a plan failed, by the messages that it printed before; null when they do not say.</summary>
    internal static string? Failure(ReadOnlyMemory<byte> utf8)
    {
        foreach (var line in Encoding.UTF8.GetString(utf8.Span).Split('\n').Where(line => line.Contains("\"diagnostic\"", StringComparison.Ordinal)))
        {
            try
            {
                var diagnostic = JsonElement.Parse(line).Member("diagnostic");
                if (diagnostic.Text("severity") == "error")
                {
                    return $"{diagnostic.Text("summary")}: {diagnostic.Text("detail")}";
                }
            }
            catch (JsonException)
            {
                // A line that breaks off tells nothing.
            }
        }

        return null;
    }

    // States, schemas and validations have a format_version as well; none of them says what has drifted, so none of them is clean.
    private static void CheckIsPlan(JsonElement root, string place)
    {
        if (!PlanMembers.Any(name => root.Member(name).ValueKind != JsonValueKind.Undefined))
        {
            throw new FormatException($"{place}: this is no plan{(root.Member("values").ValueKind == JsonValueKind.Undefined ? "" : " but a state")}: give the output of `terraform show -json PLAN`, with the plan file's name");
        }

        if (root.Member("errored").ValueKind == JsonValueKind.True)
        {
            throw new FormatException($"{place}: the plan failed: Terraform marked it as errored; what it did not come to is not clean");
        }
    }

    // A plan file is one document, possibly over many lines; messages are one a line.
    private static IEnumerable<string> Documents(ReadOnlyMemory<byte> utf8, string source)
    {
        var text = Encoding.UTF8.GetString(utf8.Span).TrimStart('\uFEFF').Trim();
        if (text.Length == 0)
        {
            throw new FormatException($"{source}: the plan is empty");
        }

        var end = text.IndexOf('\n', StringComparison.Ordinal);
        var first = (end < 0 ? text : text[..end]).TrimEnd();
        return first.EndsWith('}') ? text.Split('\n').Where(line => line.Trim().Length > 0) : [text];
    }

    private static IEnumerable<Finding> Drift(JsonElement drift, PlannedResources seen)
    {
        foreach (var item in drift.ValueKind == JsonValueKind.Array ? drift.EnumerateArray() : default)
        {
            var change = item.Member("change");
            var about = About(item.Text("address"), item.Text("type"), seen, change.Member("before").Text("id"));
            if (item.Text("mode") == "data")
            {
                continue;
            }

            if (change.Member("actions").ValueKind == JsonValueKind.Array && change.Member("actions").EnumerateArray().Any(action => action.ValueEquals("delete")))
            {
                yield return about with { Kind = FindingKind.Deleted, Attribute = Finding.DeletedResource };
                continue;
            }

            foreach (var difference in Differences(change))
            {
                yield return about with { Attribute = difference.Attribute, Old = difference.Before, New = difference.After };
            }
        }
    }

    private static IEnumerable<(string Attribute, JsonElement Before, JsonElement After)> Differences(JsonElement change)
    {
        var (before, after) = (change.Member("before"), change.Member("after"));
        var (secretBefore, secretAfter) = (change.Member("before_sensitive"), change.Member("after_sensitive"));
        foreach (var name in Names(before).Union(Names(after), StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var (left, right) = (before.Member(name), after.Member(name));
            if (Values.Same(left, right))
            {
                continue;
            }

            var isSecret = IsMarked(secretBefore.Member(name)) || IsMarked(secretAfter.Member(name));
            yield return isSecret ? (name, Shapes.Text(Sensitive.Shown), Shapes.Text(Sensitive.Shown)) : (name, left, right);
        }
    }

    // Marks have the shape of the value, with true where it is secret; a secret anywhere in it hides the whole attribute.
    private static bool IsMarked(JsonElement mark) => mark.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.Object => mark.EnumerateObject().Any(property => IsMarked(property.Value)),
        JsonValueKind.Array => mark.EnumerateArray().Any(IsMarked),
        _ => false,
    };

    private static IEnumerable<string> Names(JsonElement value) => value.ValueKind == JsonValueKind.Object ? value.EnumerateObject().Select(property => property.Name) : [];

    private static Finding Message(JsonElement change, PlannedResources seen)
    {
        var resource = change.Member("resource");
        var about = About(resource.Text("addr"), resource.Text("resource_type"), seen, "");
        return change.Text("action") == "delete" ? about with { Kind = FindingKind.Deleted, Attribute = Finding.DeletedResource } : about;
    }

    private static Finding About(string address, string type, PlannedResources seen, string id)
    {
        var resource = seen.Find(address, id) ?? FromAddress(address, type, id);
        return new Finding
        {
            Kind = FindingKind.Modified,
            Provider = ProviderNames.OfType(type),
            Type = type,
            ResourceId = resource.Id,
            Resource = resource,
            Attribute = Finding.WholeResource,
        };
    }

    // Without the state the address is all there is.
    private static StateResource FromAddress(string address, string type, string id)
    {
        var at = address.LastIndexOf($"{type}.", StringComparison.Ordinal);
        var name = at < 0 ? address : address[(at + type.Length + 1)..];
        var bracket = name.IndexOf('[', StringComparison.Ordinal);
        return StateResource.Of(type, bracket < 0 ? name : name[..bracket], at > 1 ? address[..(at - 1)] : "", bracket < 0 ? "" : name[(bracket + 1)..^1], id.Length > 0 ? id : address);
    }
}
