using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Fields;

/// <summary>
/// What makes two writes one manager: name, operation and subresource, and for updates the version too.
/// </summary>
internal readonly record struct ManagerId(string Name, bool IsApply, string ApiVersion, string Subresource)
{
    public static ManagerId Applier(FieldsContext context) => new(NameOf(context), IsApply: true, "", context.Subresource ?? "");

    public static ManagerId Updater(FieldsContext context) => new(NameOf(context), IsApply: false, context.ApiVersion, context.Subresource ?? "");

    /// <summary>As conflict messages name it.</summary>
    public override string ToString()
    {
        var subresource = Subresource.Length == 0 ? "" : $" with subresource {Scalars.Quote(Subresource)}";
        return $"{Scalars.Quote(Name)}{subresource}{(IsApply ? "" : $" using {ApiVersion}")}";
    }

    /// <summary>Its JSON, by which the server sorts managers in messages and among entries of one age.</summary>
    public string SortKey => $"{{\"manager\":{Scalars.Quote(Name)},\"operation\":\"{(IsApply ? "Apply" : "Update")}\""
        + (ApiVersion.Length == 0 ? "" : $",\"apiVersion\":\"{ApiVersion}\"") + (Subresource.Length == 0 ? "}" : $",\"subresource\":\"{Subresource}\"}}");

    private static string NameOf(FieldsContext context) => context.Manager.Length == 0 ? "unknown" : context.Manager;
}

/// <summary>One entry of managedFields.</summary>
/// <param name="ApiVersion">The version in which <paramref name="Fields"/> are to be read.</param>
/// <param name="Time">When the manager last changed something; null if it never did, only took what was there.</param>
internal sealed record ManagerEntry(ManagerId Id, string ApiVersion, FieldSet Fields, DateTimeOffset? Time)
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public long Seconds => Time?.ToUnixTimeSeconds() ?? 0;

    /// <exception cref="FormatException">The entry is malformed.</exception>
    public static ManagerEntry Decode(JsonObject entry)
    {
        if (Text(entry, "fieldsType") is not "FieldsV1")
        {
            throw new FormatException($"unsupported fieldsType \"{Text(entry, "fieldsType")}\" in managed fields");
        }
        var isApply = Text(entry, "operation") switch
        {
            "Apply" => true,
            "Update" => false,
            var operation => throw new FormatException($"unsupported operation \"{operation}\" in managed fields"),
        };
        var version = Text(entry, "apiVersion");
        var id = new ManagerId(Text(entry, "manager"), isApply, isApply ? "" : version, Text(entry, "subresource"));
        DateTimeOffset? time = Text(entry, "time") is { Length: > 0 } text
            ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal)
            : null;
        return new ManagerEntry(id, version, entry["fieldsV1"] is JsonObject fields ? FieldsV1.Decode(fields) : FieldSet.Empty, time);
    }

    public JsonObject Encode()
    {
        var entry = new JsonObject
        {
            ["manager"] = Id.Name,
            ["operation"] = Id.IsApply ? "Apply" : "Update",
            ["apiVersion"] = ApiVersion,
        };
        if (Time is { } time)
        {
            entry["time"] = time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);
        }
        entry["fieldsType"] = "FieldsV1";
        entry["fieldsV1"] = FieldsV1.Encode(Fields);
        if (Id.Subresource.Length > 0)
        {
            entry["subresource"] = Id.Subresource;
        }
        return entry;
    }

    private static string Text(JsonObject entry, string name) => Scalars.AsString(entry[name]) ?? "";
}
