using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Hosts;

namespace Comptroller.Bench;

/// <summary>The least that receiving a fleet takes: log in, ask for page after page, look at the token of the next and throw the hosts away.</summary>
internal static class FalconPages
{
    public static async Task<int> RunAsync(Uri cloud, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = cloud };
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("client_id", "simulated-client"), KeyValuePair.Create("client_secret", "simulated-secret")]);
        using var login = await http.PostAsync("oauth2/token", form, cancellationToken);
        var token = JsonNode.Parse(await login.Content.ReadAsStringAsync(cancellationToken))!["access_token"]!.GetValue<string>();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var buffer = new byte[1 << 16];
        var (next, bytes) = ("", 0L);
        do
        {
            await using var page = await http.GetStreamAsync($"devices/combined/devices/v1?limit=10000&fields={HostReader.Fields}&offset={next}", cancellationToken);
            next = null;
            for (int read; (read = await page.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken)) > 0; bytes += read)
            {
                // The token stands at the beginning, before the hosts.
                next ??= NextOf(buffer.AsSpan(0, read));
            }
        }
        while (next is { Length: > 0 });

        Console.WriteLine(bytes);
        return 0;
    }

    private static string NextOf(ReadOnlySpan<byte> start)
    {
        var reader = new Utf8JsonReader(start, isFinalBlock: false, default);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("next"u8))
            {
                reader.Read();
                return reader.GetString() ?? "";
            }
        }

        return "";
    }
}
