namespace Comptroller.Drift.State.Backends;

/// <summary>
/// Tokens of Entra ID for storage: by workload identity (a token of the pod that is exchanged), by a client secret, else of the managed
/// identity of the machine. What decides are the variables that Azure's own tools read.
/// </summary>
/// <param name="variable">Reads a variable of the environment.</param>
public sealed class AzureTokens(Func<string, string?> variable, HttpClient http, TimeProvider time) : AccessTokens(http, time)
{
    private const string Resource = "https://storage.azure.com/";

    protected override async Task<HttpRequestMessage> RequestAsync(CancellationToken cancellationToken)
    {
        var (tenant, client) = (variable("AZURE_TENANT_ID"), variable("AZURE_CLIENT_ID"));
        if (string.IsNullOrEmpty(tenant) || string.IsNullOrEmpty(client))
        {
            var host = variable("AZURE_POD_IDENTITY_AUTHORITY_HOST") ?? "http://169.254.169.254";
            var ask = new HttpRequestMessage(HttpMethod.Get, $"{host.TrimEnd('/')}/metadata/identity/oauth2/token?api-version=2018-02-01&resource={Uri.EscapeDataString(Resource)}"
                + (string.IsNullOrEmpty(client) ? "" : $"&client_id={Uri.EscapeDataString(client)}"));
            ask.Headers.Add("Metadata", "true");
            return ask;
        }

        var form = new List<KeyValuePair<string, string>> { new("grant_type", "client_credentials"), new("client_id", client), new("scope", $"{Resource}.default") };
        if (variable("AZURE_FEDERATED_TOKEN_FILE") is { Length: > 0 } file)
        {
            // Read every time: the kubelet renews it.
            form.Add(new("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
            form.Add(new("client_assertion", (await ReadAsync(file, cancellationToken)).Trim()));
        }
        else
        {
            form.Add(new("client_secret", variable("AZURE_CLIENT_SECRET") ?? throw Failed("AZURE_TENANT_ID and AZURE_CLIENT_ID are set, but neither AZURE_FEDERATED_TOKEN_FILE nor AZURE_CLIENT_SECRET")));
        }

        var authority = variable("AZURE_AUTHORITY_HOST") is { Length: > 0 } given ? given : "https://login.microsoftonline.com/";
        return new HttpRequestMessage(HttpMethod.Post, $"{authority.TrimEnd('/')}/{Uri.EscapeDataString(tenant)}/oauth2/v2.0/token") { Content = new FormUrlEncodedContent(form) };
    }

    private static async Task<string> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllTextAsync(file, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed($"AZURE_FEDERATED_TOKEN_FILE: {e.Message}");
        }
    }
}
