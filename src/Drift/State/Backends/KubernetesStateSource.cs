using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Comptroller.Drift.Events;

namespace Comptroller.Drift.State.Backends;

/// <summary>
/// A state of Terraform's Kubernetes backend: compressed in the Secret <c>tfstate-&lt;workspace&gt;-&lt;suffix&gt;</c>, and in
/// <c>…-part-1</c>, <c>…-part-2</c> and so on where it does not fit into one. They are read with the token of the pod, which needs
/// <c>get</c> of these and nothing else.
/// </summary>
/// <param name="server">The API server.</param>
/// <param name="space">The namespace.</param>
/// <param name="secret">The first Secret.</param>
/// <param name="readToken">Reads the token; every time, since the kubelet renews it.</param>
/// <param name="http">Asks.</param>
public sealed class KubernetesStateSource(Uri server, string space, string secret, Func<CancellationToken, Task<string>> readToken, HttpClient http) : StateSource
{
    /// <summary>Secrets that a state is read from; a Secret is at most 1 MiB.</summary>
    private const int MostParts = 64;

    public override async Task<OpenedState> OpenAsync(string? known, CancellationToken cancellationToken)
    {
        try
        {
            var (versions, packed) = (new List<string>(), new MemoryStream());
            for (var part = 0; part < MostParts && await PartAsync(part == 0 ? secret : $"{secret}-part-{part}", isFirst: part == 0, cancellationToken) is { } found; part++)
            {
                versions.Add(found.Version);
                packed.Write(found.Data);
            }

            var version = string.Join(',', versions);
            if (version.Length > 0 && version == known)
            {
                return new OpenedState(null, version);
            }

            packed.Position = 0;
            // A part that was written while the others were read shows as a checksum that is wrong: the next look reads all of them anew.
            return new OpenedState(await PlainAsync(packed, cancellationToken), version);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new StateException($"{Name}: the state cannot be read: {(e is OperationCanceledException ? "no answer in time" : e.Message)}", e);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException || (e is FormatException and not StateException))
        {
            throw new StateException($"{Name}: the secret {secret} cannot be read: {e.Message}", e);
        }
    }

    private async Task<(string Version, byte[] Data)?> PartAsync(string name, bool isFirst, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server, $"/api/v1/namespaces/{Uri.EscapeDataString(space)}/secrets/{Uri.EscapeDataString(name)}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await readToken(cancellationToken));
        using var response = await http.SendAsync(request, cancellationToken);
        // Whoever may read the first only has a state in one piece, or one that breaks off, which is told.
        if (!isFirst && response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Forbidden)
        {
            return null;
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new StateException($"{Name}: the state cannot be read: the API server answers {(int)response.StatusCode} {response.StatusCode}" + (response.StatusCode switch
            {
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => $"; its service account must be allowed to get the secret {name}",
                HttpStatusCode.NotFound => $"; there is no secret {name} in {space}",
                _ => "",
            }));
        }

        var document = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        var data = document.Member("data").Text("tfstate");
        return data.Length == 0 ? throw new StateException($"{Name}: the secret {name} holds no tfstate") : (document.Member("metadata").Text("resourceVersion"), Convert.FromBase64String(data));
    }
}
