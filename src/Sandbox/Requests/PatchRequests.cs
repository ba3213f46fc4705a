using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Fields;
using Comptroller.Sandbox.Patches;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Requests;

/// <summary>PATCH: JSON patch, merge patch, strategic merge patch and server-side apply.</summary>
internal sealed class PatchRequests(ObjectStore store, WritePipeline pipeline)
{
    private const string Json = "application/json-patch+json";
    private const string Merge = "application/merge-patch+json";
    private const string Strategic = "application/strategic-merge-patch+json";
    private const string Apply = "application/apply-patch+yaml";

    public Reply Patch(ApiRequest request)
    {
        CheckContentType(request);
        return request.ContentType == Apply ? RunApply(request) : RunPatch(request);
    }

    private static void CheckContentType(ApiRequest request)
    {
        if (request.ContentType is Json or Merge or Apply || (request.ContentType == Strategic && !request.Resource.IsCustom))
        {
            return;
        }
        throw request.Resource.IsCustom
            ? StatusResponses.UnsupportedMediaType($"the body of the request was in an unknown format - accepted media types include: {Json}, {Merge}, {Apply}")
            : StatusResponses.Failure(415, "UnsupportedMediaType", "415: Unsupported Media Type", []);
    }

    private Reply RunPatch(ApiRequest request)
    {
        var options = WriteOptions.Parse(request.Query, "PatchOptions", request.UserAgent);
        while (true)
        {
            var existing = Find(request) ?? throw StatusResponses.NotFound(request.Resource, request.Name);
            var candidate = Patched(request, existing.As(request.Resource).Content);
            var problem = MetadataTypes.Problem(candidate) ?? request.Resource.Strategy.Decode(candidate);
            // What is refused is shown as it was before unknown fields were dropped.
            var shown = options.Validation == FieldValidation.Strict || problem is not null ? Shown(request.Resource, candidate) : "";
            problem ??= UnknownFields.Drop(request, candidate, [], options.Validation);
            if (problem is not null)
            {
                throw StatusResponses.Invalid("", "", "", [new FieldError("FieldValueInvalid", $"Invalid value: {GoText.Quote(shown)}: {problem}", "patch")]);
            }
            if (pipeline.Update(request, existing, candidate, options, isApplied: false) is { } reply)
            {
                return reply;
            }
            request.Warnings.Clear();
        }
    }

    /// <summary>Sorted, as Go writes maps; the metadata of built-in kinds is a struct and keeps its order.</summary>
    private static string Shown(ServedResource resource, JsonObject candidate)
    {
        var sorted = (JsonObject)GoText.Sorted(candidate)!;
        if (!resource.IsCustom)
        {
            sorted["metadata"] = Metadata.InGoOrder(Metadata.Of(sorted));
        }
        return Encoding.UTF8.GetString(ServedObject.Encode(sorted));
    }

    private static JsonObject Patched(ApiRequest request, JsonObject existing)
    {
        var patch = Decode(request);
        if (request.ContentType == Json)
        {
            if (patch is not JsonArray operations)
            {
                throw WrongType(patch, "[]handlers.jsonPatchOp");
            }
            try
            {
                return JsonPatch.Apply(existing, operations) as JsonObject ?? throw Unprocessable();
            }
            catch (PatchException)
            {
                throw Unprocessable();
            }
        }
        if (patch is not JsonObject changes)
        {
            throw WrongType(patch, "map[string]interface {}");
        }
        if (request.ContentType == Strategic)
        {
            try
            {
                return StrategicMerge.Apply(request.Resource.Schema, existing, changes);
            }
            catch (PatchException error)
            {
                throw StatusResponses.Internal(error.Message);
            }
        }
        return (JsonObject)MergePatch.Apply(existing, changes);
    }

    private static JsonNode? Decode(ApiRequest request)
    {
        try
        {
            return JsonText.Parse(request.Body.Span, duplicates: null);
        }
        catch (JsonException error)
        {
            throw StatusResponses.BadRequest($"error decoding patch: {GoJsonSyntax.Describe(request.Body.Span) ?? error.Message}");
        }
    }

    private static StatusError WrongType(JsonNode? patch, string wanted)
    {
        var found = patch?.GetValueKind() switch
        {
            JsonValueKind.Array => "array",
            JsonValueKind.Object => "object",
            JsonValueKind.String => "string",
            JsonValueKind.Number => "number",
            JsonValueKind.True or JsonValueKind.False => "bool",
            _ => "null",
        };
        return StatusResponses.BadRequest($"error decoding patch: json: cannot unmarshal {found} into Go value of type {wanted}");
    }

    /// <summary>The one answer to every JSON patch that cannot be carried out.</summary>
    private static StatusError Unprocessable() =>
        StatusResponses.Failure(422, "Invalid", "the server rejected our request due to an error in our request", []);

    private Reply RunApply(ApiRequest request)
    {
        var options = WriteOptions.Parse(request.Query, "PatchOptions", request.UserAgent, isApply: true);
        var intent = Intent(request);
        while (true)
        {
            var existing = Find(request);
            var reply = existing is null ? CreateApplied(request, intent, options) : UpdateApplied(request, existing, intent, options);
            if (reply is not null)
            {
                return reply;
            }
            request.Warnings.Clear();
        }
    }

    private static JsonObject Intent(ApiRequest request)
    {
        JsonNode? body;
        try
        {
            // JSON is YAML; telling them apart by the first character spares most requests the slower parser.
            body = request.Body.Span is [(byte)'{', ..] ? JsonText.Parse(request.Body.Span, duplicates: null) : YamlText.Parse(request.Body.Span);
        }
        catch (Exception error) when (error is FormatException or JsonException)
        {
            throw StatusResponses.BadRequest($"error decoding YAML: {(error is FormatException ? error.Message : GoJsonSyntax.Describe(request.Body.Span))}");
        }
        if (body is not JsonObject intent)
        {
            throw StatusResponses.BadRequest("error decoding YAML: the applied configuration must be an object");
        }
        if (MetadataTypes.Problem(intent) is { } problem)
        {
            throw StatusResponses.BadRequest($"error decoding YAML: {problem}");
        }
        if (intent["metadata"]?["managedFields"] is not null)
        {
            throw StatusResponses.BadRequest("metadata.managedFields must be nil");
        }
        Metadata.Of(intent);
        WritePipeline.CheckNames(request, intent);
        return intent;
    }

    private Reply? CreateApplied(ApiRequest request, JsonObject intent, WriteOptions options)
    {
        if (request.Subresource.Length > 0)
        {
            throw StatusResponses.NotFound(request.Resource, request.Name);
        }
        if (Metadata.Text(intent, "uid") is { Length: > 0 } uid)
        {
            throw StatusResponses.Conflict(request.Resource, request.Name,
                $"uid mismatch: the provided object specified uid {uid}, and no existing object was found");
        }
        request.Demand("create");
        var merged = Merged(request, null, intent, options);
        try
        {
            return pipeline.Create(request, merged, options, isApplied: true);
        }
        catch (StatusError error) when (error.Code == 409 && !options.DryRun)
        {
            // Somebody created it in the meantime: then this is an update.
            return null;
        }
    }

    private Reply? UpdateApplied(ApiRequest request, StoredObject existing, JsonObject intent, WriteOptions options)
    {
        var live = existing.As(request.Resource).Content;
        var merged = Merged(request, live, intent, options);
        var metadata = Metadata.Of(merged);
        metadata["resourceVersion"] = Given(intent, live, "resourceVersion");
        metadata["uid"] = Given(intent, live, "uid");
        return pipeline.Update(request, existing, merged, options, isApplied: true);
    }

    private static string Given(JsonObject intent, JsonObject live, string name) =>
        Metadata.Text(intent, name) is { Length: > 0 } given ? given : Metadata.Text(live, name);

    /// <summary>The merge of what is applied into what is there, or the 409 that tells who else owns what.</summary>
    private JsonObject Merged(ApiRequest request, JsonObject? live, JsonObject intent, WriteOptions options)
    {
        try
        {
            var outcome = ManagedFields.Apply(request.Resource.Schema, live, Applicable(request, intent), pipeline.FieldsOf(request, options));
            var merged = outcome.Merged ?? throw StatusResponses.ApplyConflict(outcome.Conflicts!.Message, outcome.Conflicts.Causes);
            return request.Resource.Strategy.Decode(merged) is { } problem ? throw RequestBody.CannotHandle(request.Resource, problem) : merged;
        }
        catch (FieldsException error)
        {
            throw error.Code == 500 ? StatusResponses.Internal(error.Message) : StatusResponses.BadRequest(error.Message);
        }
    }

    /// <summary>The part of the intent that this endpoint may change.</summary>
    private static JsonObject Applicable(ApiRequest request, JsonObject intent)
    {
        var applicable = (JsonObject)intent.DeepClone();
        var metadata = Metadata.Of(applicable);
        metadata.Remove("resourceVersion");
        metadata.Remove("uid");
        metadata.Remove("creationTimestamp");
        if (request.IsStatus)
        {
            foreach (var name in applicable.Select(entry => entry.Key).Where(name => name is not ("apiVersion" or "kind" or "metadata" or "status")).ToList())
            {
                applicable.Remove(name);
            }
            foreach (var name in metadata.Select(entry => entry.Key).Where(name => name is not ("name" or "namespace")).ToList())
            {
                metadata.Remove(name);
            }
        }
        else if (request.Resource.HasStatus)
        {
            applicable.Remove("status");
        }
        return applicable;
    }

    private StoredObject? Find(ApiRequest request) => store.Get(request.Resource.Storage, request.Namespace, request.Name);
}
