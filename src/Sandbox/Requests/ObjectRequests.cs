using System.Text.Json.Nodes;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Requests;

/// <summary>GET, POST, PUT and DELETE of one object.</summary>
internal sealed class ObjectRequests(ObjectStore store, WritePipeline pipeline, Deletion deletion)
{
    public Reply Get(ApiRequest request) => new Reply.One(200, Find(request).As(request.Resource));

    public Reply Create(ApiRequest request)
    {
        RequestBody.CheckContentType(request.ContentType);
        var options = WriteOptions.Parse(request.Query, "CreateOptions", request.UserAgent);
        return pipeline.Create(request, Decode(request, options), options, isApplied: false);
    }

    public Reply Replace(ApiRequest request)
    {
        RequestBody.CheckContentType(request.ContentType);
        var options = WriteOptions.Parse(request.Query, "UpdateOptions", request.UserAgent);
        var body = Decode(request, options);
        Metadata.Normalize(body);
        WritePipeline.CheckNames(request, body);
        while (true)
        {
            var existing = Find(request);
            CheckUid(request, existing, Metadata.Text(body, "uid"));
            if (pipeline.Update(request, existing, (JsonObject)body.DeepClone(), options, isApplied: false) is { } reply)
            {
                return reply;
            }
        }
    }

    public Reply Delete(ApiRequest request)
    {
        var options = DeleteOptions.Parse(request.Query, RequestBody.DecodeOptions(request));
        while (true)
        {
            if (Delete(request, Find(request), options) is { } reply)
            {
                return reply;
            }
        }
    }

    /// <summary>Null when the object changed in the meantime.</summary>
    public Reply? Delete(ApiRequest request, StoredObject existing, DeleteOptions options)
    {
        var resource = request.Resource;
        CheckPreconditions(request, existing, options);
        if (deletion.Try(resource, existing, options.Propagation, options.DryRun) is not { } outcome)
        {
            return null;
        }
        if (!outcome.IsGone)
        {
            return new Reply.One(200, outcome.Object.As(resource));
        }
        return resource.ReturnsDeletedObject ? new Reply.One(200, outcome.Object.As(resource))
            : new Reply.Document(200, StatusResponses.Deleted(resource, existing.Name, existing.Uid));
    }

    private StoredObject Find(ApiRequest request) =>
        store.Get(request.Resource.Storage, request.Namespace, request.Name) ?? throw StatusResponses.NotFound(request.Resource, request.Name);

    private static JsonObject Decode(ApiRequest request, WriteOptions options)
    {
        var duplicates = new List<string>();
        var body = RequestBody.Decode(request, duplicates);
        return UnknownFields.Drop(request, body, duplicates, options.Validation) is { } problem ? throw RequestBody.CannotHandle(request.Resource, problem) : body;
    }

    /// <summary>A PUT with another uid fails in the storage layer, whose message shows its key.</summary>
    private static void CheckUid(ApiRequest request, StoredObject existing, string uid)
    {
        if (uid.Length > 0 && uid != existing.Uid)
        {
            var place = request.Resource.Storage;
            var key = $"/registry/{(place.Group.Length == 0 ? place.Plural : $"{place.Group}/{place.Plural}")}/{existing.Key}";
            throw StatusResponses.Conflict(request.Resource, request.Name, $"StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, "
                + $"AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {existing.Uid}");
        }
    }

    private static void CheckPreconditions(ApiRequest request, StoredObject existing, DeleteOptions options)
    {
        if (options.Uid is { } uid && uid != existing.Uid)
        {
            throw StatusResponses.PreconditionFailed(request.Resource, existing.Name,
                $"the UID in the precondition ({uid}) does not match the UID in record ({existing.Uid}). The object might have been deleted and then recreated");
        }
        var revision = Metadata.Text(existing.Content, "resourceVersion");
        if (options.ResourceVersion is { } wanted && wanted != revision)
        {
            throw StatusResponses.PreconditionFailed(request.Resource, existing.Name,
                $"the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record ({revision}). The object might have been modified");
        }
    }
}
