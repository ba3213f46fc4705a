using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Access;
using Comptroller.Sandbox.Fields;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Requests;

/// <summary>
/// What every write goes through once its body is an object of the kind: metadata, defaults, field ownership, generation, validation,
/// storing. POST, PUT, the four patches and apply differ only in how they come to that object.
/// </summary>
internal sealed class WritePipeline(ObjectStore store, EscalationCheck escalation, TimeProvider time)
{
    private const int LargestStored = 3 * 512 * 1024;
    private const int NameAttempts = 8;

    private static readonly StorageName Namespaces = new("", "namespaces");

    /// <summary>Stores a new object. The pipeline takes <paramref name="candidate"/> over.</summary>
    /// <param name="isApplied">True when the owners of its fields are already recorded.</param>
    public Reply Create(ApiRequest request, JsonObject candidate, WriteOptions options, bool isApplied)
    {
        var resource = request.Resource;
        PlaceInNamespace(request, candidate);
        AdmitIntoNamespace(request, Metadata.Text(candidate, "name"));
        var generated = PrepareMetadata(resource, candidate);
        var resourceVersion = Metadata.Text(candidate, "resourceVersion");
        if (resource.HasStatus)
        {
            candidate.Remove("status");
        }
        SetDefaults(resource, candidate, isApplied);
        if (!isApplied)
        {
            candidate = ManagedFields.Update(resource.Schema, null, candidate, FieldsOf(request, options));
        }
        // Nobody owns what the server adds from here on.
        resource.Strategy.PrepareForCreate(candidate);
        escalation.Check(request.User, resource, candidate, null);
        var errors = MetadataRules.OnCreate(resource, candidate);
        ObjectValidation.Check(request, candidate, null, errors);
        if (resourceVersion.Length > 0)
        {
            // Checked by the storage layer only, that is after validation, and it gives no reason.
            throw StatusResponses.Internal("resourceVersion should not be set on objects to be created");
        }
        CheckSize(request);
        return new Reply.One(201, Insert(request, candidate, options, generated));
    }

    /// <summary>
    /// Stores the next state of an object. Null when somebody else changed it in the meantime: then the caller starts over with what
    /// is there now, and a client that insists on a revision gets its 409.
    /// </summary>
    /// <param name="candidate">In served form; taken over.</param>
    public Reply? Update(ApiRequest request, StoredObject existing, JsonObject candidate, WriteOptions options, bool isApplied)
    {
        var resource = request.Resource;
        var before = existing.As(resource).Content;
        CheckNames(request, candidate);
        CheckRevision(request, existing, candidate);
        KeepServerParts(request, candidate, before);
        SetDefaults(resource, candidate, isApplied);
        if (!isApplied)
        {
            candidate = ManagedFields.Update(resource.Schema, before, candidate, FieldsOf(request, options));
        }
        resource.Strategy.PrepareForUpdate(candidate, before, request.IsStatus ? "status" : null);
        escalation.Check(request.User, resource, candidate, before);
        Generations.Advance(resource, candidate, before);
        if (Changes.None(candidate, before))
        {
            // What is stored was valid when it was stored, and unchanged values are forgiven even by a stricter schema.
            ObjectValidation.Warn(request, candidate);
            return new Reply.One(200, existing.As(resource));
        }
        ObjectValidation.Check(request, candidate, before, MetadataRules.OnUpdate(resource, candidate, before));
        CheckSize(request);
        return Commit(request, existing, candidate, options) is { } stored ? new Reply.One(200, stored) : null;
    }

    /// <summary>Who writes, for the record of field owners.</summary>
    public FieldsContext FieldsOf(ApiRequest request, WriteOptions options) =>
        new(options.Manager, request.Resource.ApiVersion, request.IsStatus ? "status" : null, options.Force, time.GetUtcNow())
        {
            Reset = request.IsStatus ? ["metadata", "spec"] : request.Resource.HasStatus ? ["status"] : [],
            Zero = request.Resource.Zero,
        };

    /// <summary>Refuses an object whose name or namespace is not the one of the path.</summary>
    public static void CheckNames(ApiRequest request, JsonObject candidate)
    {
        var name = Metadata.Text(candidate, "name");
        if (name.Length == 0)
        {
            throw StatusResponses.BadRequest($"the name of the object ({request.Name} based on URL) was undeterminable: name must be provided");
        }
        if (name != request.Name)
        {
            throw StatusResponses.BadRequest($"the name of the object ({name}) does not match the name on the URL ({request.Name})");
        }
        CheckNamespace(request, candidate);
    }

    private static void CheckNamespace(ApiRequest request, JsonObject candidate)
    {
        var given = Metadata.Text(candidate, "namespace");
        if (request.Resource.Namespaced && given.Length > 0 && given != request.Namespace)
        {
            throw StatusResponses.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        }
    }

    private static void PlaceInNamespace(ApiRequest request, JsonObject candidate)
    {
        CheckNamespace(request, candidate);
        var metadata = Metadata.Of(candidate);
        if (request.Resource.Namespaced)
        {
            metadata["namespace"] = request.Namespace;
        }
        else
        {
            metadata.Remove("namespace");
        }
    }

    private void AdmitIntoNamespace(ApiRequest request, string name)
    {
        if (!request.Resource.Namespaced)
        {
            return;
        }
        var space = store.Get(Namespaces, null, request.Namespace) ?? throw StatusResponses.NotFound("", "namespaces", request.Namespace);
        if (space.Content["metadata"]!["deletionTimestamp"] is not null)
        {
            throw StatusResponses.Forbidden(request.Resource.Group, request.Resource.Plural, name,
                $"unable to create new content in namespace {request.Namespace} because it is being terminated",
                new FieldError("NamespaceTerminating", $"namespace {request.Namespace} is being terminated", "metadata.namespace"));
        }
    }

    /// <summary>Fills what the server fills. True when the name was generated.</summary>
    private bool PrepareMetadata(ServedResource resource, JsonObject candidate)
    {
        Metadata.Normalize(candidate);
        var metadata = Metadata.Of(candidate);
        metadata.Remove("deletionTimestamp");
        metadata.Remove("deletionGracePeriodSeconds");
        metadata.Remove("selfLink");
        metadata.Remove("generation");
        metadata["creationTimestamp"] = Times.Format(time.GetUtcNow());
        metadata["uid"] = Guid.NewGuid().ToString();
        if (resource.HasGeneration || resource.IsCustom)
        {
            metadata["generation"] = 1L;
        }
        var generates = Metadata.Text(candidate, "name").Length == 0 && Metadata.Text(candidate, "generateName").Length > 0;
        if (generates)
        {
            metadata["name"] = ObjectNames.Generate(Metadata.Text(candidate, "generateName"));
        }
        return generates;
    }

    private ServedObject Insert(ApiRequest request, JsonObject candidate, WriteOptions options, bool generated)
    {
        var resource = request.Resource;
        for (var attempt = 1; ; attempt++)
        {
            var name = Metadata.Text(candidate, "name");
            var content = resource.Strategy.Convert(candidate, resource, toStorage: true);
            if (options.DryRun)
            {
                return store.Get(resource.Storage, request.Namespace, name) is null ? View(new StoredObject(content, 0), candidate, resource)
                    : throw StatusResponses.AlreadyExists(resource, name);
            }
            if (store.TryCreate(resource.Storage, content, out var stored))
            {
                return View(stored, candidate, resource);
            }
            if (!generated || attempt == NameAttempts)
            {
                throw StatusResponses.AlreadyExists(resource, name);
            }
            Metadata.Of(candidate)["name"] = ObjectNames.Generate(Metadata.Text(candidate, "generateName"));
        }
    }

    /// <summary>Null when the object changed in the meantime.</summary>
    private ServedObject? Commit(ApiRequest request, StoredObject existing, JsonObject candidate, WriteOptions options)
    {
        var resource = request.Resource;
        var content = resource.Strategy.Convert(candidate, resource, toStorage: true);
        if (content["metadata"]!["deletionTimestamp"] is not null && !resource.Strategy.IsHeld(content))
        {
            // The last finalizer went: the object goes too, and the reply shows it under its old revision.
            return options.DryRun || store.TryRemove(resource.Storage, existing, out _) ? View(new StoredObject(content, existing.Revision), candidate, resource) : null;
        }
        if (options.DryRun)
        {
            return View(new StoredObject(content, existing.Revision), candidate, resource);
        }
        return store.TryReplace(resource.Storage, existing, content, out var stored) ? View(stored, candidate, resource) : null;
    }

    private static ServedObject View(StoredObject stored, JsonObject written, ServedResource resource) =>
        ReferenceEquals(stored.Content, written) ? stored.AsWritten(resource) : stored.As(resource);

    private static void CheckRevision(ApiRequest request, StoredObject existing, JsonObject candidate)
    {
        var resource = request.Resource;
        var text = Metadata.Text(candidate, "resourceVersion");
        if (text.Length > 0 && !ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            throw StatusResponses.Internal($"strconv.ParseUint: parsing {GoText.Quote(text)}: invalid syntax");
        }
        if (text is "" or "0")
        {
            if (!resource.AllowsUnconditionalUpdate)
            {
                throw StatusResponses.Invalid(resource.Group, resource.Plural, request.Name,
                    [new FieldError("FieldValueInvalid", "Invalid value: 0: must be specified for an update", "metadata.resourceVersion")]);
            }
        }
        else if (text != existing.Revision.ToString(CultureInfo.InvariantCulture))
        {
            throw StatusResponses.Modified(resource, request.Name);
        }
    }

    /// <summary>
    /// Puts back what this request may not change. Through /status that is everything but status, labels and finalizers included;
    /// through the object itself it is status, for kinds that have the subresource.
    /// </summary>
    private static void KeepServerParts(ApiRequest request, JsonObject candidate, JsonObject before)
    {
        if (request.IsStatus)
        {
            var metadata = (JsonObject)before["metadata"]!.DeepClone();
            if (candidate["metadata"]?["managedFields"] is { } managed)
            {
                metadata["managedFields"] = managed.DeepClone();
            }
            candidate["metadata"] = metadata;
            foreach (var name in candidate.Select(entry => entry.Key).Union(before.Select(entry => entry.Key)).Where(name => name is not ("metadata" or "status")).ToList())
            {
                Restore(candidate, before, name);
            }
            return;
        }
        Metadata.Normalize(candidate);
        Metadata.KeepServerFields(candidate, before);
        if (request.Resource.HasStatus)
        {
            Restore(candidate, before, "status");
        }
    }

    private static void Restore(JsonObject candidate, JsonObject before, string name)
    {
        if (before.TryGetPropertyValue(name, out var kept))
        {
            candidate[name] = kept?.DeepClone();
        }
        else
        {
            candidate.Remove(name);
        }
    }

    /// <summary>
    /// Custom kinds only: decoding a built-in kind has set its defaults. What an apply carries is not decoded again, so that validation
    /// meets a null in it.
    /// </summary>
    private static void SetDefaults(ServedResource resource, JsonObject candidate, bool isApplied)
    {
        if (resource.IsCustom)
        {
            Defaulting.Apply(resource.Schema, candidate, keepNulls: isApplied);
        }
    }

    private static void CheckSize(ApiRequest request)
    {
        if (request.Body.Length > LargestStored)
        {
            throw StatusResponses.Internal("etcdserver: request is too large");
        }
    }
}
