using System.Text.Json;

namespace Comptroller.Drift.Api;

/// <summary>An answer of the API.</summary>
/// <param name="Status">The status of HTTP.</param>
/// <param name="Body">JSON.</param>
public sealed record ApiAnswer(int Status, ReadOnlyMemory<byte> Body)
{
    /// <summary><c>{"success":true,"data":…}</c>.</summary>
    /// <param name="write">Writes the data, one value.</param>
    /// <param name="status">The status of HTTP.</param>
    public static ApiAnswer Of(Action<Utf8JsonWriter> write, int status = 200) => new(status, JsonBody.Bytes(json =>
    {
        json.WriteStartObject();
        json.WriteBoolean("success", true);
        json.WritePropertyName("data");
        write(json);
        json.WriteEndObject();
    }));

    /// <summary><c>{"success":false,"error":{"code":…,"message":…}}</c>.</summary>
    public static ApiAnswer Error(int status, string message) => new(status, JsonBody.Bytes(json =>
    {
        json.WriteStartObject();
        json.WriteBoolean("success", false);
        json.WriteStartObject("error");
        json.WriteNumber("code", status);
        json.WriteString("message", message);
        json.WriteEndObject();
        json.WriteEndObject();
    }));
}
