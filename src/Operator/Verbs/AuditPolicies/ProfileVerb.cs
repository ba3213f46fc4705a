using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Profiles;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.Verbs.AuditPolicies;

/// <summary>
/// <c>audit-policy profile</c>: lists the profiles and add-ons, or prints one profile as the audit.k8s.io/v1 Policy that kube-apiserver
/// reads, with the reason of each rule above it.
/// </summary>
internal static class ProfileVerb
{
    private const int Width = 110;

    public static Command Create()
    {
        var name = new Argument<string?>("name") { Description = "Profile to print; lists all when absent", Arity = ArgumentArity.ZeroOrOne };
        var version = new Option<int>("--profile-version") { Description = "Version of profiles and add-ons", DefaultValueFactory = _ => ProfileEdition.Latest.Version };
        var addOns = new Option<string[]>("--add-on") { Description = "Add-on to include; may be repeated", DefaultValueFactory = _ => [] };
        var command = new Command("profile", "List the profiles, or print one as an audit policy with the reason of each rule") { name, version, addOns };
        command.SetAction(result => Run(result.GetValue(name), result.GetValue(version), result.GetValue(addOns)!, result.InvocationConfiguration.Output));
        return command;
    }

    private static int Run(string? name, int version, string[] addOns, TextWriter output)
    {
        var edition = ProfileEdition.Find(version)
            ?? throw new InvalidInputException([$"--profile-version: {version} is not known; known: {string.Join(", ", ProfileEdition.All.Select(known => known.Version))}"]);
        if (name is null)
        {
            output.Write(List(edition));
            return ExitCodes.Clean;
        }

        var profile = edition.Profile(name)
            ?? throw new InvalidInputException([$"\"{name}\" is not a profile of version {version}; known: {string.Join(", ", edition.Profiles.Select(known => known.Name))}"]);
        if (addOns.Where(addOn => edition.AddOn(addOn) is null).ToList() is { Count: > 0 } unknown)
        {
            throw new InvalidInputException([.. unknown.Select(addOn =>
                $"--add-on: \"{addOn}\" is not an add-on of version {version}; known: {string.Join(", ", edition.AddOns.Select(known => known.Name))}")]);
        }

        output.Write(Text(edition, profile, addOns));
        return ExitCodes.Clean;
    }

    private static string List(ProfileEdition edition)
    {
        var text = new StringBuilder();
        var width = edition.Profiles.Select(profile => profile.Name).Concat(edition.AddOns.Select(addOn => addOn.Name)).Max(name => name.Length);
        text.Append($"Profiles, version {edition.Version}:\n");
        foreach (var profile in edition.Profiles)
        {
            text.Append($"  {profile.Name.PadRight(width)}  {profile.Purpose}\n");
        }

        text.Append("\nAdd-ons:\n");
        foreach (var addOn in edition.AddOns)
        {
            text.Append($"  {addOn.Name.PadRight(width)}  {addOn.Purpose}\n");
        }

        return text.ToString();
    }

    private static string Text(ProfileEdition edition, Profile profile, string[] addOns)
    {
        var composed = ComposedRules.Of(edition, profile, addOns);
        var document = PolicyJson.Write(composed.Policy);
        var rules = document["rules"]!.AsArray();
        document.Remove("rules");

        var text = new StringBuilder();
        var title = string.Join(" + ", new[] { profile.Name }.Concat(edition.AddOns.Select(addOn => addOn.Name).Where(addOns.Contains)));
        Comment(text, $"{title}, version {edition.Version}. {profile.Purpose}", "");
        text.Append(YamlWriter.Write(document)).Append("rules:\n");
        for (var i = 0; i < composed.Rules.Length; i++)
        {
            var origin = composed.Origins[i];
            Comment(text, (origin.Source == RuleSource.AddOn ? $"{origin.Name}: " : "") + composed.Rules[i].Reason, "");
            text.Append(YamlWriter.Write(new JsonArray(rules[i]!.DeepClone())));
        }

        return text.ToString();
    }

    private static void Comment(StringBuilder text, string words, string line)
    {
        foreach (var word in words.Split(' '))
        {
            if (line.Length + word.Length + 1 > Width)
            {
                text.Append($"#{line}\n");
                line = "";
            }

            line += $" {word}";
        }

        text.Append($"#{line}\n");
    }
}
