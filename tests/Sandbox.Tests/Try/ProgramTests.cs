using System.Diagnostics;

namespace Comptroller.Sandbox.Tests.Try;

/// <summary>The first command of the README as a process. That it succeeds is shown by .ci/run; here is what it does otherwise.</summary>
public sealed class ProgramTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("comptroller-try-");

    private string Kubeconfig => Path.Combine(folder.FullName, "kubeconfig");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Once_names_the_sample_that_is_not_ready_and_why_and_exits_1()
    {
        var copy = Copy(AppContext.BaseDirectory, folder.CreateSubdirectory("program"));
        // Passes the schema; kube-apiserver itself would refuse it.
        var sample = Directory.EnumerateFiles(Path.Combine(copy, "manifests", "3-samples"), "auditpolicy-small.yaml").Single();
        await File.WriteAllTextAsync(sample, """
            apiVersion: comptroller.dev/v1alpha1
            kind: AuditPolicy
            metadata: {name: broken, namespace: default}
            spec: {rules: [{level: Metadata, resources: [{group: Apps/v1}]}]}
            """);

        using var process = Start(Path.Combine(copy, "Comptroller.Sandbox.dll"), "--once", "--timeout", "30");
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(90));

        process.ExitCode.ShouldBe(1, await output + await error);
        (await error).ShouldContain("AuditPolicy default/broken: ");
        (await error).ShouldContain("spec.rules[0].resources.group");
    }

    [Fact]
    public async Task Without_once_it_prints_the_kubectl_line_in_one_piece_and_Ctrl_C_ends_it_with_0()
    {
        using var process = Start(Path.Combine(AppContext.BaseDirectory, "Comptroller.Sandbox.dll"));
        var errors = process.StandardError.ReadToEndAsync();
        while (await process.StandardOutput.ReadLineAsync() is { } line && line != $"kubectl --kubeconfig {Kubeconfig} get auditbackups,auditpolicies,driftwatches,policyauditschedules,cronjobs,deployments,jobs,pods -A")
        {
            process.HasExited.ShouldBeFalse(line);
        }

        File.Exists(Kubeconfig).ShouldBeTrue();
        var rest = process.StandardOutput.ReadToEndAsync();
        using (var interrupt = Process.Start("kill", ["-INT", $"{process.Id}"]))
        {
            await interrupt.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(90));
        }

        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(90));
        await rest;
        process.ExitCode.ShouldBe(0, await errors);
    }

    // A shell that starts tests in the background has them ignore Ctrl-C, and their children with them.
    private Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", program, "--kubeconfig", Kubeconfig, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;

    private static string Copy(string from, DirectoryInfo to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to.FullName, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return to.FullName;
    }
}
