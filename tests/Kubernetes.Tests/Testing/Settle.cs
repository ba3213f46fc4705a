using System.Diagnostics;

namespace Comptroller.Kubernetes.Tests.Testing;

/// <summary>Waits for other threads to get somewhere. The limit guards against hanging; no test's outcome depends on how long it takes.</summary>
internal static class Settle
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(30);

    public static async Task UntilAsync(Func<bool> condition, string? what = null)
    {
        var started = Stopwatch.GetTimestamp();
        for (var round = 0; !condition(); round++)
        {
            if (Stopwatch.GetElapsedTime(started) > Hang)
            {
                throw new TimeoutException($"never happened: {what ?? "the awaited condition"}");
            }

            if (round < 100)
            {
                await Task.Yield();
            }
            else
            {
                await Task.Delay(1);
            }
        }
    }

    /// <summary>Gives other threads a moment, and less when the condition holds already.</summary>
    public static async Task BrieflyAsync(Func<bool>? condition = null)
    {
        for (var round = 0; round < 20 && condition?.Invoke() != true; round++)
        {
            await Task.Yield();
            if (round % 10 == 9)
            {
                await Task.Delay(1);
            }
        }
    }

    /// <summary>Awaits a task that must end.</summary>
    public static Task EndsAsync(this Task task) => task.WaitAsync(Hang);

    public static Task<T> EndsAsync<T>(this Task<T> task) => task.WaitAsync(Hang);
}
