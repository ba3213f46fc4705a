using System.Globalization;
using System.Text;

namespace Comptroller.Kubernetes.Tests.Diagnostics;

/// <summary>A strict reader of the Prometheus text format 0.0.4: what it does not accept, Prometheus may not either.</summary>
internal sealed class PrometheusText
{
    public Dictionary<string, string> Types { get; } = [];
    public Dictionary<string, string> Help { get; } = [];
    public Dictionary<string, double> Samples { get; } = [];

    public static PrometheusText Parse(string text)
    {
        var result = new PrometheusText();
        text.ShouldEndWith("\n");
        var current = "";
        foreach (var line in text[..^1].Split('\n'))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                var parts = line.Split(' ', 4);
                result.Help.Add(parts[2], parts[3]);
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                var parts = line.Split(' ');
                current = parts[2];
                result.Types.Add(current, parts[3]);
            }
            else
            {
                result.Sample(line, current);
            }
        }

        return result;
    }

    private void Sample(string line, string family)
    {
        var at = 0;
        while (at < line.Length && (char.IsAsciiLetterOrDigit(line[at]) || line[at] is '_' or ':'))
        {
            at++;
        }

        var name = line[..at];
        name.ShouldStartWith(family, customMessage: "a sample stands under its own family");
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (line[at] == '{')
        {
            at++;
            while (line[at] != '}')
            {
                var equals = line.IndexOf('=', at);
                var key = line[at..equals];
                key.ShouldMatch("^[a-zA-Z_][a-zA-Z0-9_]*$");
                line[equals + 1].ShouldBe('"');
                var value = new StringBuilder();
                for (at = equals + 2; line[at] != '"'; at++)
                {
                    if (line[at] == '\\')
                    {
                        at++;
                        value.Append(line[at] switch { 'n' => '\n', '\\' => '\\', '"' => '"', var other => throw new FormatException($"\\{other}") });
                    }
                    else
                    {
                        value.Append(line[at]);
                    }
                }

                labels.Add(key, value.ToString());
                at += line[at + 1] == ',' ? 2 : 1;
            }

            at++;
        }

        line[at].ShouldBe(' ');
        var text = line[(at + 1)..];
        var number = text switch
        {
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            _ => double.Parse(text, CultureInfo.InvariantCulture),
        };
        Samples.Add($"{name}{{{string.Join(',', labels.Select(label => $"{label.Key}={label.Value}"))}}}", number);
    }
}
