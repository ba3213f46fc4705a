using System.CommandLine;
using Comptroller.Operator.Verbs;
using Comptroller.Operator.Verbs.AuditPolicies;

namespace Comptroller.Operator.Tests.Verbs;

/// <summary>Runs a verb in this process, as a shell would.</summary>
internal sealed class CommandLine : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("comptroller-verbs-");

    public string Write(string name, string text)
    {
        var path = Path.Combine(_directory.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    public static async Task<(int Exit, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exit = await Invocation.RunAsync(new RootCommand { ValidateVerb.Create(), AuditPolicyVerb.Create() }, args, output, error);
        return (exit, output.ToString().ReplaceLineEndings("\n"), error.ToString().ReplaceLineEndings("\n"));
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
