using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Comptroller.CrdGen;

/// <summary>JSON as YAML for people to read and review: prose is folded, so that a changed word is a changed line.</summary>
internal static partial class YamlText
{
    private const int Width = 120;

    public static string Write(JsonNode node)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        var emitter = new Emitter(writer, new EmitterSettings(bestIndent: 2, bestWidth: Width, isCanonical: false, maxSimpleKeyLength: 1024, newLine: "\n"));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Emit(emitter, node);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return writer.ToString();
    }

    private static void Emit(Emitter emitter, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                emitter.Emit(new MappingStart(null, null, isImplicit: true, map.Count == 0 ? MappingStyle.Flow : MappingStyle.Block));
                foreach (var (key, value) in map)
                {
                    emitter.Emit(Text(key));
                    Emit(emitter, value);
                }

                emitter.Emit(new MappingEnd());
                break;
            case JsonArray list:
                emitter.Emit(new SequenceStart(null, null, isImplicit: true, list.Count == 0 ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (var item in list)
                {
                    Emit(emitter, item);
                }

                emitter.Emit(new SequenceEnd());
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                emitter.Emit(Text(value.GetValue<string>()));
                break;
            default:
                emitter.Emit(new Scalar(null, null, node?.ToJsonString() ?? "null", ScalarStyle.Plain, isPlainImplicit: true, isQuotedImplicit: false));
                break;
        }
    }

    private static Scalar Text(string text)
    {
        var style = text.Length > Width - 40 && text.Contains(' ', StringComparison.Ordinal) ? ScalarStyle.Folded
            : PlainSafe().IsMatch(text) && !Resolvable().IsMatch(text) ? ScalarStyle.Plain
            : ScalarStyle.SingleQuoted;
        return new Scalar(null, null, text, style, isPlainImplicit: true, isQuotedImplicit: true);
    }

    [GeneratedRegex(@"\A[A-Za-z/](?:[^\r\n:#]|:(?! |\z)|(?<! )#)*(?<! )\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PlainSafe();

    /// <summary>Words that YAML 1.1 or 1.2 would read as something other than text.</summary>
    [GeneratedRegex(@"\A(?:true|false|yes|no|on|off|y|n|null)\z", RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Resolvable();
}
