using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Archive.Tests.Testing;

namespace Comptroller.Archive.Tests.Objects;

/// <summary>
/// A fake of Google Cloud Storage, built from notes on its JSON interface and not from the service, which has no emulator that could be installed:
/// multipart and resumable uploads, <c>ifGenerationMatch</c>, generations, retention and holds, lists by pages, tokens for a signed JWT.
/// </summary>
internal sealed class FakeGoogleStorage : IAsyncDisposable
{
    private readonly Dictionary<string, (JsonObject Resource, byte[] Content)> _objects = new(StringComparer.Ordinal);
    private readonly List<(JsonObject Resource, byte[] Content)> _noncurrent = [];
    private readonly Dictionary<string, (JsonObject Resource, MemoryStream Content, long Total)> _sessions = new(StringComparer.Ordinal);
    private readonly ScriptedServer _server;
    private int _generation;

    private FakeGoogleStorage() => _server = ScriptedServer.Start(Answer);

    public Uri Endpoint => _server.Endpoint;

    public List<Received> Requests => _server.Requests;

    public int Tokens { get; private set; }

    /// <summary>Answers instead of the service while it gives one.</summary>
    public Func<Received, Answer?> Instead { get; set; } = _ => null;

    public static FakeGoogleStorage Start() => new();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>What somebody else does who may write: the object of before stays as a noncurrent generation.</summary>
    /// <param name="name">Name of the object.</param>
    /// <param name="content">Null to delete it.</param>
    public void WriteOver(string name, byte[]? content)
    {
        var before = _objects[name];
        _noncurrent.Add(before);
        _objects.Remove(name);
        if (content is not null)
        {
            var resource = (JsonObject)before.Resource.DeepClone();
            (resource["generation"], resource["size"]) = ((++_generation).ToString(CultureInfo.InvariantCulture), content.Length.ToString(CultureInfo.InvariantCulture));
            _objects[name] = (resource, content);
        }
    }

    private Answer Answer(Received request)
    {
        if (Instead(request) is { } answer)
        {
            return answer;
        }

        if (request.Path == "/token")
        {
            // header.claims.signature; who signs is checked by the test that looks at it.
            request.Form["assertion"].Split('.').Length.ShouldBe(3);
            return Testing.Answer.Of(200, $$"""{"access_token":"g{{++Tokens}}","expires_in":3599,"token_type":"Bearer"}""");
        }

        if (request.Header("Authorization") != $"Bearer g{Tokens}")
        {
            return Error(401, "authError", "Invalid Credentials");
        }

        return request switch
        {
            { Method: "GET", Path: "/storage/v1/b/bucket" } => Testing.Answer.Of(200, """{"name":"bucket","versioning":{"enabled":true},"objectRetention":{"mode":"Enabled"}}"""),
            { Method: "GET", Path: "/storage/v1/b/bucket/o" } => List(request),
            _ when request.Path.StartsWith("/upload/storage/v1/b/bucket/o", StringComparison.Ordinal) => Upload(request),
            _ when request.Path.StartsWith("/storage/v1/b/bucket/o/", StringComparison.Ordinal) => Object(request, Uri.UnescapeDataString(request.Path["/storage/v1/b/bucket/o/".Length..])),
            _ => Error(404, "notFound", "The specified bucket does not exist."),
        };
    }

    private Answer List(Received request)
    {
        const int Page = 3;
        var found = _objects.Values.Concat(request["versions"] == "true" ? _noncurrent : []).Select(each => each.Resource)
            .Where(resource => ((string)resource["name"]!).StartsWith(request["prefix"] ?? "", StringComparison.Ordinal)).OrderBy(resource => (string)resource["name"]!, StringComparer.Ordinal).ToList();
        var from = int.Parse(request["pageToken"] ?? "0", CultureInfo.InvariantCulture);
        var answer = new JsonObject { ["kind"] = "storage#objects", ["items"] = new JsonArray([.. found.Skip(from).Take(Page).Select(resource => resource.DeepClone())]) };
        if (from + Page < found.Count)
        {
            answer["nextPageToken"] = (from + Page).ToString(CultureInfo.InvariantCulture);
        }

        return Testing.Answer.Of(200, answer.ToJsonString());
    }

    private Answer Upload(Received request)
    {
        if (request["upload_id"] is { } id)
        {
            return InSession(request, id);
        }

        request["ifGenerationMatch"].ShouldBe("0");
        if (request["uploadType"] == "resumable")
        {
            var begun = JsonNode.Parse(request.Body)!.AsObject();
            if (_objects.ContainsKey((string)begun["name"]!))
            {
                return Error(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.");
            }

            var session = $"s{_sessions.Count}";
            _sessions[session] = (begun, new MemoryStream(), -1);
            return Testing.Answer.Of(200).With(("Location", $"{Endpoint}upload/storage/v1/b/bucket/o?uploadType=resumable&upload_id={session}"));
        }

        var boundary = Encoding.UTF8.GetBytes("--" + request.Header("Content-Type")!.Split("boundary=")[1].Trim('"'));
        var parts = Parts(request.Body, boundary);
        return Store(JsonNode.Parse(parts[0])!.AsObject(), parts[1]);
    }

    private Answer InSession(Received request, string id)
    {
        var (resource, content, _) = _sessions[id];
        var range = request.Header("Content-Range")!["bytes ".Length..].Split('/');
        var total = long.Parse(range[1], CultureInfo.InvariantCulture);
        if (range[0] != "*")
        {
            var from = long.Parse(range[0].Split('-')[0], CultureInfo.InvariantCulture);
            from.ShouldBe(content.Length, "a session takes what comes next");
            content.Write(request.Body);
        }

        if (content.Length == total)
        {
            return Store(resource, content.ToArray());
        }

        (content.Length % (256 << 10)).ShouldBe(0);
        var more = Testing.Answer.Of(308);
        return content.Length == 0 ? more : more.With(("Range", $"bytes=0-{content.Length - 1}"));
    }

    private Answer Store(JsonObject resource, byte[] content)
    {
        var name = (string)resource["name"]!;
        if (_objects.ContainsKey(name))
        {
            return Error(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.");
        }

#pragma warning disable CA5351 // It is what the service compares a body with.
        if ((string)resource["md5Hash"]! != Convert.ToBase64String(MD5.HashData(content)))
#pragma warning restore CA5351
        {
            return Error(400, "invalid", "Provided MD5 hash does not match");
        }

        resource["kind"] = "storage#object";
        resource["size"] = content.Length.ToString(CultureInfo.InvariantCulture);
        resource["timeCreated"] = DateTimeOffset.UtcNow.ToString("O");
        resource["generation"] = (++_generation).ToString(CultureInfo.InvariantCulture);
        _objects[name] = (resource, content);
        return Testing.Answer.Of(200, resource.ToJsonString());
    }

    private Answer Object(Received request, string name)
    {
        if (request["generation"] is { } generation && _noncurrent.Find(each => (string)each.Resource["name"]! == name && (string)each.Resource["generation"]! == generation) is { Content: { } old } noncurrent)
        {
            if (request.Method == "DELETE")
            {
                _noncurrent.Remove(noncurrent);
                return Testing.Answer.Of(204);
            }

            return new Answer(200, old).With(("ETag", "CKih16GjycICEAE="));
        }

        if (!_objects.TryGetValue(name, out var found))
        {
            return Error(404, "notFound", $"No such object: bucket/{name}");
        }

        switch (request.Method)
        {
            case "DELETE" when (bool?)found.Resource["temporaryHold"] == true || ((DateTimeOffset?)found.Resource["retention"]?["retainUntilTime"]) > DateTimeOffset.UtcNow:
                return Error(403, "retentionPolicyNotMet", "Object is subject to a retention policy");
            case "DELETE":
                _objects.Remove(name);
                return Testing.Answer.Of(204);
            case "PATCH":
                foreach (var (member, value) in JsonNode.Parse(request.Body)!.AsObject())
                {
                    found.Resource[member] = value!.DeepClone();
                }

                return Testing.Answer.Of(200, found.Resource.ToJsonString());
            default:
                return request["alt"] == "media" ? new Answer(200, found.Content).With(("ETag", "CKih16GjycICEAE=")) : Testing.Answer.Of(200, found.Resource.ToJsonString());
        }
    }

    private static Answer Error(int status, string reason, string message) =>
        Testing.Answer.Of(status, new JsonObject
        {
            ["error"] = new JsonObject { ["code"] = status, ["message"] = message, ["errors"] = new JsonArray(new JsonObject { ["reason"] = reason, ["message"] = message }) },
        }.ToJsonString());

    private static List<byte[]> Parts(byte[] body, byte[] boundary)
    {
        var (parts, at) = (new List<byte[]>(), body.AsSpan().IndexOf(boundary));
        while (true)
        {
            var rest = body.AsSpan(at + boundary.Length);
            var next = rest.IndexOf(boundary);
            if (next < 0)
            {
                return parts;
            }

            var head = rest.IndexOf("\r\n\r\n"u8) + 4;
            parts.Add(rest[head..(next - 2)].ToArray());
            at += boundary.Length + next;
        }
    }
}
