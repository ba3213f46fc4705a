using System.CommandLine;
using System.Diagnostics;
using System.Text;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Operator.Verbs;
using Comptroller.Operator.Verbs.Archive;
using Comptroller.Operator.Verbs.AuditPolicies;
using Comptroller.Operator.Verbs.Drift;
using Comptroller.Operator.Verbs.Falcon;

namespace Comptroller.Operator.Tests.Verbs;

/// <summary>Runs a verb in this process, as a shell would.</summary>
internal sealed class CommandLine : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("comptroller-verbs-");

    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] content)
    {
        var path = Path.Combine(_directory.FullName, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    public static async Task<(int Exit, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exit = await Invocation.RunAsync(new RootCommand { ValidateVerb.Create(), AuditPolicyVerb.Create(), ArchiveVerb.Create(), DriftVerb.Create(), FalconVerb.Create() }, args, output, error);
        return (exit, output.ToString().ReplaceLineEndings("\n"), error.ToString().ReplaceLineEndings("\n"));
    }

    /// <summary>The same in a process of its own: for what only a process has, standard input and settings of the host.</summary>
    public static async Task<(int Exit, string Output, string Error)> RunProcessAsync(byte[] input, params string[] args)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "comptroller.dll"), .. args])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var patience = new CancellationTokenSource(Estate.Patience);
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input, patience.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, await output.WaitAsync(patience.Token), await error.WaitAsync(patience.Token));
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"comptroller {string.Join(' ', args)} goes on", e);
        }
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
