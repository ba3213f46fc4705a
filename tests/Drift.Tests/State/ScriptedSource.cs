using System.Text;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Tests.State;

/// <summary>A state that says what a test wants it to.</summary>
internal sealed class ScriptedSource : StateSource
{
    public required string Text { get; set; }

    public override Task<OpenedState> OpenAsync(string? known, CancellationToken cancellationToken) =>
        Task.FromResult(known == Text ? new OpenedState(null, Text) : new OpenedState(new MemoryStream(Encoding.UTF8.GetBytes(Text)), Text));
}
