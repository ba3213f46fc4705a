using System.Runtime.InteropServices;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>
/// Turns SIGTERM and Ctrl-C into a token, so that the program drains instead of dying. A second signal is left to the system: it
/// ends a program that hangs.
/// </summary>
public sealed class TerminationSignal : IDisposable
{
    private readonly CancellationTokenSource received = new();
    private readonly PosixSignalRegistration terminate;
    private readonly PosixSignalRegistration interrupt;

    public TerminationSignal()
    {
        terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
    }

    public CancellationToken Token => received.Token;

    public void Dispose()
    {
        terminate.Dispose();
        interrupt.Dispose();
        received.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = !received.IsCancellationRequested;
        received.Cancel();
    }
}
