using System.Text;

namespace Comptroller.Kubernetes.Diagnostics;

/// <summary>Named checks behind one probe. A check answers why it fails, or null; it must not ask anybody outside the process.</summary>
public sealed class HealthChecks
{
    private readonly Lock gate = new();
    private readonly List<(string Name, Func<string?> Problem)> checks = [];

    public void Add(string name, Func<string?> problem)
    {
        lock (gate)
        {
            checks.Add((name, problem));
        }
    }

    /// <summary>The answer to a probe: all checks, or the one named; null when no check has that name.</summary>
    public (bool Healthy, string Text)? Run(string probe, string? name, bool verbose)
    {
        (string Name, Func<string?> Problem)[] selected;
        lock (gate)
        {
            selected = [.. checks.Where(check => name is null || check.Name == name)];
        }

        if (name is not null && selected.Length == 0)
        {
            return null;
        }

        var text = new StringBuilder();
        var healthy = true;
        foreach (var (each, problem) in selected)
        {
            var failure = problem();
            healthy &= failure is null;
            text.Append(failure is null ? $"[+]{each} ok\n" : $"[-]{each} failed: {failure}\n");
        }

        if (healthy && !verbose)
        {
            return (true, "ok");
        }

        text.Append(healthy ? $"{probe} check passed\n" : $"{probe} check failed\n");
        return (healthy, text.ToString());
    }
}
