using System.Collections.Concurrent;
using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Client.Transport;

/// <summary>Repeats what the server warns of, once per text (rule Q5): it tells of removed APIs before the upgrade does.</summary>
internal sealed class ServerWarnings(ILogger logger, string host)
{
    /// <summary>Texts remembered. A server that puts object names into warnings must not fill our memory.</summary>
    private const int MostTexts = 1000;

    private readonly ConcurrentDictionary<string, bool> seen = new(StringComparer.Ordinal);

    public void Report(HttpResponseHeaders headers)
    {
        foreach (var warning in headers.Warning)
        {
            ClientMetrics.Warned(host);
            var text = Unquote(warning.Text);
            if (warning.Code == 299 && seen.Count < MostTexts && seen.TryAdd(text, true))
            {
                ClientLog.ServerWarning(logger, text);
            }
        }
    }

    /// <summary>An HTTP quoted-string; a text may itself end in an escaped quote.</summary>
    private static string Unquote(string quoted) =>
        (quoted is ['"', .., '"'] ? quoted[1..^1] : quoted)
            .Replace("\\\"", "\"", StringComparison.Ordinal)
            .Replace("\\\\", "\\", StringComparison.Ordinal);
}
