using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Loading;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Linting.Repairs;

/// <summary>Makes edits in the policy itself, apart from any file.</summary>
public static class PolicyEdits
{
    /// <summary>The policy after the edits, whose paths are all those before the first of them.</summary>
    public static Policy Apply(Policy policy, IEnumerable<PolicyEdit> edits)
    {
        var document = PolicyJson.Write(policy);
        // Rules come and go last, from the end to the start, so that indexes hold.
        foreach (var edit in edits.OrderByDescending(edit => edit.MovesRules ? edit.RuleIndex : int.MaxValue))
        {
            Apply(document, edit);
        }

        var loaded = PolicyLoader.Load(document);
        return loaded.Policy ?? throw new InvalidOperationException($"a repair broke the policy: {loaded.ErrorText}");
    }

    private static void Apply(JsonObject document, PolicyEdit edit)
    {
        switch (edit)
        {
            case PolicyEdit.InsertRule insert:
                document["rules"]!.AsArray().Insert(insert.RuleIndex!.Value, PolicyJson.Write(insert.Rule));
                return;
            case { MovesRules: true }:
                document["rules"]!.AsArray().RemoveAt(edit.RuleIndex!.Value);
                return;
        }

        var (owner, field) = Find(document, edit.Path);
        switch (edit)
        {
            case PolicyEdit.SetText set:
                owner[field] = set.Text;
                break;
            case PolicyEdit.Drop:
                owner.Remove(field);
                break;
            case PolicyEdit.AddValue add:
                owner[field] = Strings(Values(owner[field]).Append(add.Value));
                break;
            case PolicyEdit.DropValue drop:
                owner[field] = Strings(Values(owner[field]).Where(value => value != drop.Value));
                break;
            case PolicyEdit.ReplaceValue replace:
                owner[field] = Strings(Values(owner[field]).Select(value => value == replace.Value ? replace.By : value));
                break;
        }
    }

    private static (JsonObject Owner, string Field) Find(JsonObject document, string path)
    {
        var owner = document;
        var steps = path.Split('.');
        foreach (var step in steps[..^1])
        {
            var bracket = step.IndexOf('[', StringComparison.Ordinal);
            owner = owner[step[..bracket]]![int.Parse(step.AsSpan(bracket + 1, step.Length - bracket - 2), CultureInfo.InvariantCulture)]!.AsObject();
        }

        return (owner, steps[^1]);
    }

    private static IEnumerable<string> Values(JsonNode? list) => list?.AsArray().Select(item => item!.GetValue<string>()) ?? [];

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => (JsonNode)value)]);
}
