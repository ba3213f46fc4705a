using System.Collections.Immutable;
using System.CommandLine;
using Comptroller.AuditPolicies.Linting.Repairs;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.Operator.Verbs.AuditPolicies;

/// <summary><c>audit-policy lint</c>: reviews policies, and mends what needs no person. Exit 0 clean, 1 warnings, 2 errors, of what is left.</summary>
internal static class LintVerb
{
    private const string StandardInput = "-";

    public static Command Create()
    {
        var files = new Argument<string[]>("files") { Description = "Files or directories with Policies or AuditPolicy resources, or - for standard input", Arity = ArgumentArity.OneOrMore };
        var fix = new Option<bool>("--fix") { Description = "Write the safe repairs into the files, and show the difference; of standard input the mended text goes to standard output, all else to standard error" };
        var diff = new Option<bool>("--diff") { Description = "Show what --fix would change, and write nothing" };
        var version = new Option<string?>("--kubernetes-version") { Description = "Version of the API server, such as 1.36, when the document does not say" };
        var format = new Option<string>("--output", "-o") { Description = "text or json", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json");
        var command = new Command("lint", "Review audit policies: exit 0 clean, 1 warnings, 2 errors or unusable input") { files, fix, diff, version, format };
        command.SetAction((result, cancellationToken) => RunAsync(
            result.GetValue(files)!,
            result.GetValue(fix),
            result.GetValue(diff),
            Version(result.GetValue(version)),
            result.GetValue(format) == "json",
            result.InvocationConfiguration,
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string[] paths, bool fix, bool diff, KubernetesVersion? target, bool asJson, InvocationConfiguration console, CancellationToken cancellationToken)
    {
        var files = ResourceFiles.ReadTexts(paths).Where(file => file.Documents.Any(PolicyDocument.IsPolicy)).ToList();
        PolicyDocument.ThrowIfNone(files.SelectMany(file => file.Documents), paths);
        var (policies, problems) = (new List<PolicyDocument>(), new List<string>());
        var output = fix && paths.Contains(StandardInput) ? console.Error : console.Output;
        foreach (var (source, text, documents) in files)
        {
            var mended = fix || diff ? MendedFile.Of(source, text, target) : null;
            problems.AddRange(mended?.Problems ?? []);
            if (mended is not null && !asJson)
            {
                await output.WriteAsync(UnifiedDiff.Of(source, mended.Before, mended.After));
            }

            if (fix && source == StandardInput)
            {
                await console.Output.WriteAsync(mended!.After);
            }
            else if (fix && mended!.After != mended.Before)
            {
                await File.WriteAllTextAsync(source, mended.After, cancellationToken);
            }

            policies.AddRange((fix ? ResourceFiles.Parse(source, mended!.After) : documents).Where(PolicyDocument.IsPolicy).Select(document => PolicyDocument.Of(document)));
        }

        var reviews = policies.Select(policy => (Policy: policy, Remarks: policy.Review(target))).ToImmutableArray();
        if (asJson)
        {
            RemarkPrinter.PrintJson(reviews.Select(review => (review.Policy.Source, review.Remarks)), output);
        }
        else
        {
            foreach (var (policy, remarks) in reviews)
            {
                RemarkPrinter.PrintText(policy.Source, remarks, output, withReasons: true);
            }

            await output.WriteLineAsync(Summary([.. reviews.SelectMany(review => review.Remarks)], fix ? 0 : policies.Sum(policy => Mendable(policy, target))));
        }

        foreach (var problem in problems)
        {
            await console.Error.WriteLineAsync(problem);
        }

        return RemarkPrinter.ExitCode(reviews.SelectMany(review => review.Remarks));
    }

    private static int Mendable(PolicyDocument policy, KubernetesVersion? target) => policy.Context(target) is { } context ? PolicyRepairs.Next(context, policy.OwnRules).Length : 0;

    private static string Summary(ImmutableArray<Remark> remarks, int mendable)
    {
        int Count(string severity) => remarks.Count(remark => remark.Severity == severity);
        return $"errors: {Count("error")}, warnings: {Count("warning")}, infos: {Count("info")}{(mendable > 0 ? "; --fix mends some of them, --diff shows how" : "")}";
    }

    private static KubernetesVersion? Version(string? text) =>
        text is null ? null
        : KubernetesVersion.TryParse(text, out var version) ? version
        : throw new InvalidInputException([$"--kubernetes-version: \"{text}\" is not a version such as 1.36"]);
}
