using System.Collections.Immutable;
using System.Text;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Profiles;

namespace Comptroller.AuditPolicies.Tests.Profiles;

/// <summary>
/// docs/spec/profiles.md lists every rule with its reason, as the profiles have them. COMPTROLLER_UPDATE_GOLDENS=1 writes that part anew.
/// </summary>
public sealed class ProfileDocumentTests
{
    [Fact]
    public void The_document_holds_every_rule_with_its_reason() =>
        WrittenDocument.ShouldEndWith("profiles.md", nameof(ProfileDocumentTests), Rules());

    private static string Rules()
    {
        var text = new StringBuilder();
        foreach (var edition in ProfileEdition.All.Reverse())
        {
            text.Append($"\n# Version {edition.Version}\n");
            foreach (var profile in edition.Profiles)
            {
                text.Append($"\n## {profile.Name}\n\n{profile.Purpose}\n\n");
                Table(text, profile.Guards);
                text.Append("\nAdd-ons stand here; then:\n\n");
                Table(text, profile.Remainder, profile.Guards.Length);
            }

            text.Append("\n## Add-ons\n");
            foreach (var addOn in edition.AddOns)
            {
                text.Append($"\n### {addOn.Name}\n\n{addOn.Purpose}\n\n");
                Table(text, addOn.Rules);
            }
        }

        return text.ToString();
    }

    private static void Table(StringBuilder text, ImmutableArray<ProfileRule> rules, int first = 0)
    {
        text.Append("| | Level | Who and what | Why |\n|---|---|---|---|\n");
        for (var i = 0; i < rules.Length; i++)
        {
            text.Append($"| {first + i} | {rules[i].Rule.Level} | {Selectors(rules[i].Rule)} | {Escaped(rules[i].Reason)} |\n");
        }
    }

    private static string Selectors(PolicyRule rule)
    {
        string[] parts =
        [
            Part("users", rule.Users),
            Part("groups", rule.UserGroups),
            Part("verbs", rule.Verbs),
            .. rule.Resources.Select(entry => $"`{(entry.Group.Length == 0 ? "core" : entry.Group)}`{(entry.Resources.IsEmpty ? " (all)" : $": {Names(entry.Resources)}")}"),
            Part("paths", rule.NonResourceUrls),
            Part("omits", [.. StageNames.Of(rule.OmitStages)]),
        ];
        var set = parts.Where(part => part.Length > 0).ToList();
        return set.Count == 0 ? "everything" : string.Join("<br>", set);
    }

    private static string Part(string what, ImmutableArray<string> values) => values.IsEmpty ? "" : $"{what}: {Names(values)}";

    private static string Names(ImmutableArray<string> values) => string.Join(", ", values.Select(value => $"`{value}`"));

    private static string Escaped(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal);
}
