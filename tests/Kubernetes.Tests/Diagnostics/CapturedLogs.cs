using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Tests.Diagnostics;

/// <summary>Keeps what is logged, for a test to read.</summary>
internal sealed class CapturedLogs : IDisposable
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> lines = [];

    public CapturedLogs() => Factory = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Trace).AddProvider(new Provider(lines)));

    public ILoggerFactory Factory { get; }

    public IReadOnlyCollection<(LogLevel Level, string Text)> Lines => lines;

    public void Dispose() => Factory.Dispose();

    private sealed class Provider(ConcurrentQueue<(LogLevel Level, string Text)> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue((logLevel, formatter(state, exception)));

        public void Dispose()
        {
        }
    }
}
