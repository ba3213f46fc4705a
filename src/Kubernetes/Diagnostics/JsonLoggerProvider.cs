using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Diagnostics;

/// <summary>
/// Writes each log record as one JSON line: <c>ts</c>, <c>level</c>, <c>msg</c>, <c>logger</c>, the fields of the scopes
/// (<c>controller</c>, <c>namespace</c>, <c>name</c>, <c>reconcileID</c> and so on), the arguments of the message, and <c>error</c>.
/// </summary>
/// <param name="output">Where the lines go.</param>
/// <param name="time">The clock.</param>
/// <param name="timeName">How the time is called; readers of other products' logs look for other names.</param>
public sealed class JsonLoggerProvider(Stream output, TimeProvider time, string timeName = "ts") : ILoggerProvider, ISupportExternalScope
{
    // Quotes and letters stay as they are: people read and grep these lines, browsers do not.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock gate = new();
    private IExternalScopeProvider scopes = new LoggerExternalScopeProvider();

    /// <summary>To standard error, where container runtimes pick it up.</summary>
    public static JsonLoggerProvider ToStandardError() => new(Console.OpenStandardError(), TimeProvider.System);

    public ILogger CreateLogger(string categoryName) => new JsonLogger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => scopes = scopeProvider;

    public void Dispose() => output.Flush();

    private void Write(ReadOnlySpan<byte> line)
    {
        lock (gate)
        {
            output.Write(line);
        }
    }

    private string TimeName => timeName;

    private string Now() => time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");

    private sealed class JsonLogger(JsonLoggerProvider provider, string category) : ILogger
    {
        [ThreadStatic]
        private static ArrayBufferWriter<byte>? buffer;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => provider.scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            buffer ??= new ArrayBufferWriter<byte>(1024);
            buffer.ResetWrittenCount();
            using (var writer = new Utf8JsonWriter(buffer, Readable))
            {
                var line = new Line(writer, exception is not null, provider.TimeName);
                writer.WriteStartObject();
                writer.WriteString(provider.TimeName, provider.Now());
                writer.WriteString("level", LevelOf(logLevel));
                writer.WriteString("msg", formatter(state, exception));
                writer.WriteString("logger", category);
                provider.scopes.ForEachScope(static (scope, line) => line.Write(scope), line);
                line.Write(state);
                if (exception is not null)
                {
                    writer.WriteString("error", Describe(exception));
                    writer.WriteString("stacktrace", exception.StackTrace);
                }

                writer.WriteEndObject();
            }

            buffer.GetSpan(1)[0] = (byte)'\n';
            buffer.Advance(1);
            provider.Write(buffer.WrittenSpan);
        }

        private static string LevelOf(LogLevel level) => level switch
        {
            LogLevel.Trace or LogLevel.Debug => "debug",
            LogLevel.Information => "info",
            LogLevel.Warning => "warn",
            _ => "error",
        };

        /// <summary>The messages down to the root cause: the outermost alone seldom says what went wrong.</summary>
        private static string Describe(Exception exception)
        {
            var text = exception.Message;
            for (var cause = exception.InnerException; cause is not null; cause = cause.InnerException)
            {
                if (!text.Contains(cause.Message, StringComparison.Ordinal))
                {
                    text += $": {cause.Message}";
                }
            }

            return text;
        }
    }

    /// <summary>One line in the making. A name is written once: the message's own argument wins nothing over the scope's.</summary>
    private sealed class Line(Utf8JsonWriter writer, bool failed, string timeName)
    {
        private readonly List<string> written = failed ? [timeName, "level", "msg", "logger", "error", "stacktrace"] : [timeName, "level", "msg", "logger"];

        public void Write(object? state)
        {
            if (state is not IEnumerable<KeyValuePair<string, object?>> fields)
            {
                return;
            }

            foreach (var (key, value) in fields)
            {
                if (key == "{OriginalFormat}" || value is null or "")
                {
                    continue;
                }

                var name = char.ToLowerInvariant(key[0]) + key[1..];
                if (written.Contains(name))
                {
                    continue;
                }

                written.Add(name);
                switch (value)
                {
                    case int number:
                        writer.WriteNumber(name, number);
                        break;
                    case long number:
                        writer.WriteNumber(name, number);
                        break;
                    case double number when double.IsFinite(number):
                        writer.WriteNumber(name, number);
                        break;
                    case bool flag:
                        writer.WriteBoolean(name, flag);
                        break;
                    case TimeSpan span:
                        writer.WriteNumber(name, span.TotalSeconds);
                        break;
                    default:
                        writer.WriteString(name, value.ToString());
                        break;
                }
            }
        }
    }
}
