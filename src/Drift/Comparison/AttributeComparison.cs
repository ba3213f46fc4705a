using System.Collections.Immutable;
using System.Text.Json;
using Comptroller.Drift.Events;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Comparison;

/// <summary>Holds what one call sets against the attributes of one resource.</summary>
internal sealed class AttributeComparison(ChangeEvent change, StateResource resource, JsonElement attributes, bool isParent)
{
    // What calls carry besides the values they set.
    private static readonly string[] Wrapping = ["clienttoken", "clientrequesttoken", "dryrun", "applyimmediately", "fingerprint", "labelfingerprint", "etag", "kind", "selflink", "@type", "requestid",
        "host", "id", "name", "project", "zone", "region", "location", "type"];

    private readonly List<Finding> _findings = [];
    private readonly List<Settlement> _settled = [];

    /// <summary>Drifts of attributes that this call set to what the state says.</summary>
    public ImmutableArray<Settlement> Settled => [.. _settled];

    /// <summary>Compares. Complete means that everything the call sets was compared.</summary>
    public (List<Finding> Findings, bool IsComplete) Run()
    {
        if (resource.Type == "aws_security_group" && Direction() is { } direction)
        {
            return (_findings, NetworkRules(direction));
        }

        var compared = 0;
        foreach (var each in change.Changes)
        {
            if (each.Attribute is not { } attribute)
            {
                continue;
            }

            compared++;
            // A part that the state keeps inside another resource: only what that one has as well can be compared.
            var name = isParent && !attributes.TryGetProperty(attribute, out _) ? each.Name : attribute;
            Compare(name, Shapes.Terraform(each.Value, each.Shape), Shapes.Comparison(each.Shape));
        }

        return compared > 0 ? (_findings, true) : (_findings, Request());
    }

    private void Compare(string attribute, JsonElement value, Sameness how)
    {
        var old = attributes.Member(attribute);
        how |= change.Provider == Provider.Azure ? Sameness.AnyCase : Sameness.Typed;
        if (!Values.Same(value, old, how))
        {
            _findings.Add(Judge.About(change, resource) with { Attribute = attribute, Old = old.ValueKind == JsonValueKind.Undefined ? default : old.Clone(), New = value });
        }
        else
        {
            _settled.Add(Settlement.Of(Judge.About(change, resource) with { Attribute = attribute }, $"set back by {change.Name}"));
        }
    }

    private string? Direction() => change.Name switch
    {
        "AuthorizeSecurityGroupIngress" or "RevokeSecurityGroupIngress" => "ingress",
        "AuthorizeSecurityGroupEgress" or "RevokeSecurityGroupEgress" => "egress",
        _ => null,
    };

    // True when the call says which rules it is about.
    private bool NetworkRules(string direction)
    {
        var parameters = new Parameters(change.Request, null, "");
        var permissions = parameters.First("ipPermissions");
        // The short form of one rule stands at the top of the request.
        var asked = NetworkRule.OfPermissions(permissions.ValueKind == JsonValueKind.Undefined ? Flat(change.Request) : permissions, resource.Id);
        if (asked.Count == 0)
        {
            return false;
        }

        var known = NetworkRule.OfState(attributes.Member(direction), resource.Id);
        var isRevoked = change.Name.StartsWith("Revoke", StringComparison.Ordinal);
        var differing = asked.Where(rule => known.Contains(rule) == isRevoked).ToList();
        if (differing.Count == 0)
        {
            // What was opened is closed again, or the other way round.
            _settled.Add(Settlement.Of(Judge.About(change, resource) with { Attribute = direction }, $"set back by {change.Name}", List(asked).GetRawText()));
        }
        else
        {
            var list = List(differing);
            var about = Judge.About(change, resource) with { Attribute = direction };
            _findings.Add(isRevoked ? about with { Old = list } : about with { Old = attributes.Member(direction) is { ValueKind: not JsonValueKind.Undefined } old ? old.Clone() : default, New = list });
        }

        return true;
    }

    private static JsonElement List(IEnumerable<NetworkRule> rules) => Shapes.Write(writer =>
    {
        writer.WriteStartArray();
        foreach (var rule in rules.OrderBy(rule => rule.ToString(), StringComparer.Ordinal))
        {
            rule.WriteTo(writer);
        }

        writer.WriteEndArray();
    });

    private static JsonElement Flat(JsonElement request) => request.Text("cidrIp").Length == 0 ? default : Shapes.Write(writer =>
    {
        writer.WriteStartObject();
        foreach (var name in (ReadOnlySpan<string>)["ipProtocol", "fromPort", "toPort"])
        {
            writer.WriteString(name, request.Text(name));
        }

        writer.WriteStartArray("ipRanges");
        writer.WriteStartObject();
        writer.WriteString("cidrIp", request.Text("cidrIp"));
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    // No table knows the call. A field of the request that is called like an attribute sets it; what is called otherwise is not guessed.
    private bool Request()
    {
        var request = Innermost(change.Request);
        if (isParent || request.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        var byName = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var attribute in attributes.EnumerateObject())
        {
            byName.TryAdd(Squash(attribute.Name), attribute.Name);
        }

        var (matched, isComplete) = (0, true);
        foreach (var property in request.EnumerateObject())
        {
            var name = Squash(property.Name);
            var value = Texts.Unwrap(property.Value);
            if (Wrapping.Contains(name, StringComparer.Ordinal) || (Texts.Of(value) is { } text && change.Ids.Contains(text, StringComparer.OrdinalIgnoreCase)))
            {
                continue;
            }

            if (!byName.TryGetValue(name, out var attribute))
            {
                isComplete = false;
                continue;
            }

            matched++;
            var shape = value.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? ValueShape.Blocks
                : Texts.Of(value)?.Contains("/projects/", StringComparison.Ordinal) == true ? ValueShape.Tail : ValueShape.Text;
            Compare(attribute, Shapes.Terraform(value, shape), Shapes.Comparison(shape));
        }

        return matched > 0 && isComplete;
    }

    private static JsonElement Innermost(JsonElement request)
    {
        foreach (var property in request.ValueKind == JsonValueKind.Object ? request.EnumerateObject() : default)
        {
            if (property.Value.ValueKind == JsonValueKind.Object && property.Name.EndsWith("Request", StringComparison.Ordinal))
            {
                return property.Value;
            }
        }

        return request;
    }

    private static string Squash(string name) => name.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
}
