using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Comptroller.CrdGen;

/// <summary>The summaries of an assembly's XML documentation, as plain text.</summary>
internal sealed partial class XmlDocs
{
    private readonly Dictionary<string, string> _summaries;

    private XmlDocs(Dictionary<string, string> summaries) => _summaries = summaries;

    /// <summary>Reads the file that the compiler wrote beside <paramref name="assembly"/>.</summary>
    public static XmlDocs Of(Assembly assembly)
    {
        var path = Path.ChangeExtension(assembly.Location, ".xml");
        return new XmlDocs(XDocument.Load(path).Descendants("member")
            .Where(member => member.Element("summary") is not null)
            .ToDictionary(member => member.Attribute("name")!.Value, member => Plain(member.Element("summary")!), StringComparer.Ordinal));
    }

    /// <summary>The summary of a type, with an empty line between paragraphs; null when it has none.</summary>
    public string? Summary(Type type) => _summaries.GetValueOrDefault($"T:{Id(type)}");

    /// <summary>The summary of a property.</summary>
    public string? Summary(PropertyInfo property) => _summaries.GetValueOrDefault($"P:{Id(property.DeclaringType!)}.{property.Name}");

    private static string Id(Type type) => type.FullName!.Replace('+', '.');

    private static string Plain(XElement summary)
    {
        var text = string.Concat(summary.Nodes().Select(Plain));
        return string.Join("\n\n", text.Split("\n\n").Select(paragraph => Blanks().Replace(paragraph, " ").Trim()).Where(paragraph => paragraph.Length > 0));
    }

    private static string Plain(XNode node) => node switch
    {
        XText text => Blanks().Replace(text.Value, " "),
        XElement { Name.LocalName: "para" } para => $"\n\n{string.Concat(para.Nodes().Select(Plain))}\n\n",
        XElement { Name.LocalName: "see" } see => see.Attribute("langword")?.Value ?? see.Attribute("cref")!.Value.Split('.', ':')[^1],
        XElement element => string.Concat(element.Nodes().Select(Plain)),
        _ => "",
    };

    [GeneratedRegex(@"\s+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Blanks();
}
