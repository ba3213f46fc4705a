using System.Diagnostics;
using System.Text;

namespace Comptroller.Sandbox.Tests.Kubectl;

/// <summary>A shell in a directory of its own, with the case's files, whose <c>kubectl</c> talks to one Sandbox as its administrator.</summary>
internal sealed class KubectlSession : IAsyncDisposable
{
    /// <summary>What the scripts may use besides kubectl: waiting for a background watch to have written so many lines.</summary>
    private const string Prelude = """
        until_lines() { n=0; while [ "$(cat "$1" 2> /dev/null | wc -l)" -lt "$2" ] && [ $n -lt 1600 ]; do sleep 0.025; n=$((n+1)); done; }

        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string directory = Directory.CreateTempSubdirectory("comptroller-kubectl-").FullName;
    private readonly SandboxServer server;

    private KubectlSession(SandboxServer server) => this.server = server;

    public Uri Address => server.Address;

    public static async Task<KubectlSession> StartAsync(string files, CancellationToken cancellationToken)
    {
        var session = new KubectlSession(await SandboxServer.StartAsync(new SandboxOptions(), cancellationToken));
        foreach (var file in Directory.EnumerateFiles(files))
        {
            File.Copy(file, Path.Combine(session.directory, Path.GetFileName(file)));
        }

        Directory.CreateDirectory(Path.Combine(session.directory, "bin"));
        File.CreateSymbolicLink(Path.Combine(session.directory, "bin", "kubectl"), KubectlBinary.Path);
        await File.WriteAllTextAsync(Path.Combine(session.directory, "kubeconfig"), $"""
            apiVersion: v1
            kind: Config
            current-context: sandbox
            clusters:
            - name: sandbox
              cluster:
                server: {session.server.Address.GetLeftPart(UriPartial.Authority)}
                certificate-authority-data: {Convert.ToBase64String(Encoding.UTF8.GetBytes(session.server.CaCertificatePem))}
            contexts:
            - name: sandbox
              context: {"{"}cluster: sandbox, user: admin, namespace: demo{"}"}
            users:
            - name: admin
              user:
                token: {session.server.AdminToken}
            """, cancellationToken);
        return session;
    }

    /// <returns>Standard output and standard error as they came, and the exit code.</returns>
    public async Task<(string Output, int ExitCode)> RunAsync(string command, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", $"exec 2>&1\n{Prelude}{command}" },
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
            Environment =
            {
                ["KUBECONFIG"] = Path.Combine(directory, "kubeconfig"),
                ["HOME"] = directory,
                ["PATH"] = $"{Path.Combine(directory, "bin")}:{Environment.GetEnvironmentVariable("PATH")}",
                ["LC_ALL"] = "C",
                ["TMPDIR"] = directory,
            },
        })!;
        shell.StandardInput.Close();
        try
        {
            var output = await shell.StandardOutput.ReadToEndAsync(deadline.Token);
            await shell.WaitForExitAsync(deadline.Token);
            return (output.Replace(directory, "<directory>", StringComparison.Ordinal), shell.ExitCode);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            shell.Kill(entireProcessTree: true);
            throw new TimeoutException($"did not end within {Patience.TotalSeconds:0} s: {command}", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }
}
