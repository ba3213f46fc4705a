using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Comptroller.Drift.Events;

namespace Comptroller.Drift.State.Backends;

/// <summary>
/// A state of Terraform's Kubernetes backend: compressed in the Secret <c>tfstate-&lt;workspace&gt;-&lt;suffix&gt;</c>. It is read with the
/// token of the pod, which needs <c>get</c> of that one Secret.
/// </summary>
/// <param name="server">The API server.</param>
/// <param name="readToken">Reads the token; every time, since the kubelet renews it.</param>
public sealed class KubernetesStateSource(Uri server, string space, string secret, Func<CancellationToken, Task<string>> readToken, HttpClient http) : StateSource
{
    public override async Task<OpenedState> OpenAsync(string? known, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server, $"/api/v1/namespaces/{Uri.EscapeDataString(space)}/secrets/{Uri.EscapeDataString(secret)}"));
        byte[] body;
        try
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await readToken(cancellationToken));
            using var response = await http.SendAsync(request, cancellationToken);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw new StateException($"{Name}: the state cannot be read: the API server answers {(int)response.StatusCode} {response.StatusCode}" + (response.StatusCode switch
                {
                    HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => $"; its service account must be allowed to get the secret {secret}",
                    HttpStatusCode.NotFound => $"; there is no secret {secret} in {space}",
                    _ => "",
                }));
            }

            // A Secret is at most 1 MiB.
            body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new StateException($"{Name}: the state cannot be read: {(e is OperationCanceledException ? "no answer in time" : e.Message)}", e);
        }

        try
        {
            var document = JsonElement.Parse(body);
            var version = document.Member("metadata").Text("resourceVersion");
            if (version.Length > 0 && version == known)
            {
                return new OpenedState(null, version);
            }

            var data = document.Member("data").Text("tfstate");
            return data.Length == 0 ? throw new StateException($"{Name}: the secret {secret} holds no tfstate")
                : new OpenedState(await PlainAsync(new MemoryStream(Convert.FromBase64String(data), writable: false), cancellationToken), version);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException || (e is FormatException and not StateException))
        {
            throw new StateException($"{Name}: the secret {secret} cannot be read: {e.Message}", e);
        }
    }
}
