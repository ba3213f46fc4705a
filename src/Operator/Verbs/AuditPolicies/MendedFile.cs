using System.Collections.Immutable;
using Comptroller.AuditPolicies.Linting.Repairs;
using Comptroller.AuditPolicies.Model;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.Verbs.AuditPolicies;

/// <summary>A file with its policies mended as far as that needs no person.</summary>
/// <param name="Source">The file.</param>
/// <param name="Before">Its text.</param>
/// <param name="After">Its text when mended.</param>
/// <param name="Problems">Policies whose form kept them from being mended, each with its place.</param>
internal sealed record MendedFile(string Source, string Before, string After, ImmutableArray<string> Problems)
{
    // Each pass mends something that the one before made possible; policies need three or four.
    private const int MostPasses = 64;

    public static MendedFile Of(string source, string text, KubernetesVersion? target)
    {
        var (after, problems) = (text, new List<string>());
        for (var number = 0; number < ResourceFiles.Parse(source, text).Count; number++)
        {
            for (var pass = 0; pass < MostPasses; pass++)
            {
                var document = ResourceFiles.Parse(source, after)[number];
                var policy = PolicyDocument.IsPolicy(document) ? PolicyDocument.Of(document) : null;
                if (policy?.Context(target) is not { } context || PolicyRepairs.Next(context, policy.OwnRules) is not { IsEmpty: false } repairs)
                {
                    break;
                }

                if (Mend(after, policy, [.. repairs.SelectMany(repair => repair.Edits)], number) is not { } mended)
                {
                    problems.Add($"{document.At("")}:{document.Document.Locate("").Line}: mend this one by hand: the way it is written (aliases, merge keys) leaves no place for a change that changes nothing else");
                    break;
                }

                after = mended;
            }
        }

        return new MendedFile(source, text, after, [.. problems]);
    }

    // What the text says afterwards is compared with what was meant, so that no form of YAML can make another policy of it.
    private static string? Mend(string text, PolicyDocument policy, ImmutableArray<PolicyEdit> edits, int number)
    {
        try
        {
            var editor = new YamlEditor(text, policy.Source.Document);
            foreach (var edit in edits)
            {
                Apply(editor, edit, policy.Prefix);
            }

            var mended = editor.ToString();
            var said = PolicyDocument.Of(ResourceFiles.Parse(policy.Source.Source, mended)[number]).Loaded.Policy;
            return said is not null && PolicyHash.Compute(said) == PolicyHash.Compute(PolicyEdits.Apply(policy.Policy, edits)) ? mended : null;
        }
        catch (Exception e) when (e is YamlException or InvalidInputException)
        {
            return null;
        }
    }

    private static void Apply(YamlEditor editor, PolicyEdit edit, string prefix)
    {
        var path = prefix + edit.Path;
        switch (edit)
        {
            case PolicyEdit.SetText set:
                editor.Set(path, set.Text);
                break;
            case PolicyEdit.Drop:
                editor.Drop(path);
                break;
            case PolicyEdit.InsertRule insert:
                editor.Insert(path, PolicyJson.Write(insert.Rule), insert.Reason);
                break;
            case PolicyEdit.AddValue add:
                editor.AddValue(path, add.Value, before: "rules");
                break;
            case PolicyEdit.DropValue drop:
                editor.DropValue(path, drop.Value);
                break;
            case PolicyEdit.ReplaceValue replace:
                editor.ReplaceValue(path, replace.Value, replace.By);
                break;
        }
    }
}
