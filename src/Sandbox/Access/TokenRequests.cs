using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Fields;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Requests;
using Comptroller.Sandbox.Resources;
using static Comptroller.Kubernetes.Schemas.FieldErrors;

namespace Comptroller.Sandbox.Access;

/// <summary><c>serviceaccounts/token</c>: a fresh token for an account.</summary>
internal static class TokenRequests
{
    private const string ApiVersion = "authentication.k8s.io/v1";
    private const long DefaultSeconds = 3600;
    private const long LeastSeconds = 600;
    private const long MostSeconds = 1L << 32;
    private const string Definition = "io.k8s.api.authentication.v1.TokenRequest";

    private static readonly Schema Schema = Schema.Parse(SchemaDocuments.ExpandKind(Definition));
    private static readonly JsonObject Zero = TypedField.OfKind(Definition).Zero()!.AsObject();

    public static Subresource Subresource(TokenAuthenticator tokens, TimeProvider time) =>
        new("TokenRequest", ApiVersion, ["create"], request => Issue(request, tokens, time));

    private static JsonObject Issue(SubresourceRequest request, TokenAuthenticator tokens, TimeProvider time)
    {
        var account = request.Target!;
        var spec = request.Body?["spec"] as JsonObject ?? [];
        var seconds = (long?)spec["expirationSeconds"] ?? DefaultSeconds;
        var error = seconds < LeastSeconds ? Invalid("spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes")
            : seconds > MostSeconds ? Invalid("spec.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds")
            : null;
        if (error is not null)
        {
            throw StatusResponses.Invalid("authentication.k8s.io", "TokenRequest", "", [error]);
        }
        var now = time.GetUtcNow();
        var validity = TimeSpan.FromSeconds(seconds);
        // The client's fields are recorded before the server fills the rest.
        spec["expirationSeconds"] = seconds;
        var sent = ManagedFields.Update(Schema, null, new JsonObject { ["spec"] = spec.DeepClone() },
            new FieldsContext(request.Manager, ApiVersion, "token", Force: false, now) { Reset = [], Zero = Zero });
        return new JsonObject
        {
            ["kind"] = "TokenRequest",
            ["apiVersion"] = ApiVersion,
            ["metadata"] = new JsonObject
            {
                ["name"] = account.Name,
                ["namespace"] = account.Namespace,
                ["uid"] = account.Uid,
                ["creationTimestamp"] = Times.Format(now),
                ["managedFields"] = sent["metadata"]?["managedFields"]?.DeepClone(),
            },
            ["spec"] = new JsonObject
            {
                ["audiences"] = spec["audiences"] is JsonArray { Count: > 0 } audiences ? audiences.DeepClone() : new JsonArray(TokenAuthenticator.Audience),
                ["expirationSeconds"] = seconds,
                ["boundObjectRef"] = spec["boundObjectRef"]?.DeepClone(),
            },
            ["status"] = new JsonObject
            {
                ["token"] = tokens.Issue(account, validity),
                ["expirationTimestamp"] = Times.Format(now + validity),
            },
        };
    }
}
