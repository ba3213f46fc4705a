using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Testing;

/// <summary>The tenant of a case behind the client that audits use, so that requests are counted where they are sent.</summary>
/// <param name="groups">Members of host groups by group.</param>
internal sealed class CaseTenant(JsonElement groups) : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath.TrimStart('/');
        var parameters = request.RequestUri.Query.TrimStart('?').Split('&').Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair[^1]), StringComparer.Ordinal);
        return Task.FromResult(path == FalconOperation.Token.Path ? Answer(HttpStatusCode.Created, new JsonObject { ["access_token"] = "case", ["expires_in"] = 1799, ["token_type"] = "bearer" })
            : path == FalconOperation.GroupMembers.Path && parameters.TryGetValue("id", out var group) ? Members(group, parameters)
            : throw new FormatException($"no case answers {path}"));
    }

    private HttpResponseMessage Members(string group, Dictionary<string, string> parameters)
    {
        var members = groups.Texts(group).ToList();
        var offset = int.TryParse(parameters.GetValueOrDefault("offset"), out var number) ? number : 0;
        return Answer(HttpStatusCode.OK, new JsonObject
        {
            ["meta"] = new JsonObject { ["pagination"] = new JsonObject { ["offset"] = offset, ["total"] = members.Count } },
            ["resources"] = new JsonArray([.. members.Skip(offset).Take(FalconOperation.GroupMembers.Limit).Select(member => (JsonNode)JsonValue.Create(member))]),
            ["errors"] = new JsonArray(),
        });
    }

    private static HttpResponseMessage Answer(HttpStatusCode status, JsonObject body) =>
        new(status) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
}
