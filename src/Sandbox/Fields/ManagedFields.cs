using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Fields;

/// <summary>
/// Server-side apply and the bookkeeping of who owns which field (rules W1 to W7 lean on it). Objects are in the version of the
/// request; versions of a kind share their field paths, as without conversion webhooks they do.
/// </summary>
internal static class ManagedFields
{
    private const string BeforeFirstApply = "before-first-apply";

    /// <summary>Fields that the server sets or that name the object: nobody owns them.</summary>
    private static readonly FieldSet _unowned = new[]
    {
        FieldSet.Path(PathElement.Field("apiVersion")),
        FieldSet.Path(PathElement.Field("kind")),
        FieldSet.Path(PathElement.Field("metadata")),
    }.Concat(((string[])["name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields", "resourceVersion"])
        .Select(name => FieldSet.Path(PathElement.Field("metadata"), PathElement.Field(name)))).Aggregate((sets, set) => sets.Union(set));

    /// <summary>The entries themselves, which are written anew and never compared.</summary>
    private static readonly FieldSet _bookkeeping = FieldSet.Path(PathElement.Field("metadata"), PathElement.Field("managedFields"));

    /// <summary>
    /// Applies <paramref name="applied"/> for the manager: merges it over <paramref name="live"/> (null creates), removes what the
    /// manager applied before and nobody else owns, and records ownership. Neither argument is changed.
    /// </summary>
    /// <exception cref="FieldsException">The applied object cannot be typed (unknown field, duplicate or missing key), or carries managedFields.</exception>
    public static ApplyOutcome Apply(Schema schema, JsonObject? live, JsonObject applied, FieldsContext context)
    {
        var outcome = TryApply(schema, live, applied, context, out var refused);
        if (outcome.Conflicts is not null && context.Manager == LastApplied.Manager && LastApplied.Allows(schema, live!, refused!))
        {
            outcome = TryApply(schema, live, applied, context with { Force = true }, out _);
        }
        if (outcome.Merged is not null && context.Manager == LastApplied.Manager)
        {
            LastApplied.Refresh(outcome.Merged, applied);
        }
        return outcome;
    }

    /// <summary>
    /// Records the ownership of a write that is no apply, given the object as it will be stored (pruned, defaulted). The manager gets
    /// the fields that differ from <paramref name="live"/>; others lose them.
    /// </summary>
    /// <param name="live">Null on create.</param>
    /// <returns><paramref name="updated"/>, whose managedFields are replaced.</returns>
    public static JsonObject Update(Schema schema, JsonObject? live, JsonObject updated, FieldsContext context)
    {
        var metadata = Metadata(updated);
        var sent = metadata["managedFields"];
        metadata.Remove("managedFields");
        var managers = FromRequest(live, sent, context);
        // A stored object without entries has had its ownership reset: it is tracked again from the first apply on.
        if (managers.IsEmpty && IsStored(live))
        {
            return updated;
        }
        Record(schema, live ?? context.Zero ?? [], updated, managers, context, ManagerId.Updater(context));
        managers.Cap();
        Write(updated, managers);
        return updated;
    }

    /// <summary>
    /// Gives <paramref name="candidate"/> the entry times of <paramref name="live"/> back when nothing else differs (rule W2: an
    /// unchanged apply writes nothing). To be called last before storing.
    /// </summary>
    public static void KeepTimesIfUnchanged(JsonObject live, JsonObject candidate)
    {
        if (candidate["metadata"] is not JsonObject metadata || metadata["managedFields"] is not JsonArray fields
            || live["metadata"]?["managedFields"] is not JsonArray old || fields.Count != old.Count)
        {
            return;
        }
        if (SameButTimes(live, candidate))
        {
            metadata["managedFields"] = old.DeepClone();
        }
    }

    private static ApplyOutcome TryApply(Schema schema, JsonObject? live, JsonObject applied, FieldsContext context, out FieldSet? refused)
    {
        refused = null;
        if ((applied["metadata"] as JsonObject)?["managedFields"] is not null)
        {
            throw new FieldsException(400, "metadata.managedFields must be nil");
        }
        if (TypedValidation.Check(schema, applied) is { Count: > 0 } problems)
        {
            throw new FieldsException(500, $"failed to create typed patch object ({Describe(applied)}): {TypedValidation.Describe(problems)}");
        }
        var managers = Managers.Decode(live?["metadata"]?["managedFields"]);
        var before = live ?? [];
        if (managers.IsEmpty && IsStored(live))
        {
            var first = context with { Manager = BeforeFirstApply };
            Record(schema, context.Zero ?? [], before, managers, first, ManagerId.Updater(first));
        }
        Ownership.FollowSchema(schema, managers);

        var id = ManagerId.Applier(context);
        var previous = managers.Find(id);
        var owned = FieldExtraction.Of(schema, applied).ExceptTrees(IgnoredBy(context));
        managers.Put(new ManagerEntry(id, context.ApiVersion, owned, previous?.Time));
        var merged = TypedMerge.Merge(schema, before, applied);
        if (previous is not null && !previous.Fields.IsSubsetOf(owned))
        {
            merged = Ownership.Prune(schema, merged, managers, previous.Fields);
        }

        var comparison = FieldComparison.Of(schema, before, merged).Without(_bookkeeping);
        var conflicts = Ownership.Settle(managers, comparison.Without(IgnoredBy(context)), id, context.Force);
        if (conflicts.Count > 0)
        {
            refused = conflicts.Select(conflict => conflict.Fields).Aggregate((all, fields) => all.Union(fields));
            return new ApplyOutcome(null, Describe(conflicts));
        }
        if (managers.Find(id) is { } entry)
        {
            managers.SetFields(entry with { Time = comparison.IsSame ? entry.Time : context.Time }, entry.Fields.Except(_unowned));
        }
        Write(merged, managers);
        return new ApplyOutcome(merged, null);
    }

    /// <summary>Takes the changed fields from the others and gives them to <paramref name="id"/>, whose time changes only if it got some.</summary>
    private static void Record(Schema schema, JsonObject before, JsonObject after, Managers managers, FieldsContext context, ManagerId id)
    {
        Ownership.FollowSchema(schema, managers);
        var comparison = FieldComparison.Of(schema, before, after).Without(IgnoredBy(context).Union(_bookkeeping));
        Ownership.Settle(managers, comparison, workflow: null, force: true);
        var taken = comparison.Modified.Union(comparison.Added).Except(_unowned);
        if (!taken.IsEmpty)
        {
            var fields = managers.Find(id) is { } previous ? taken.Union(previous.Fields) : taken;
            managers.Put(new ManagerEntry(id, context.ApiVersion, fields, context.Time));
        }
    }

    /// <summary>
    /// The entries to start from. A client may rewrite them or reset them with <c>[{}]</c>; an empty or malformed list comes from
    /// clients that do not know them and is ignored, as is any list sent to a subresource.
    /// </summary>
    private static Managers FromRequest(JsonObject? live, JsonNode? sent, FieldsContext context)
    {
        var stored = live?["metadata"]?["managedFields"];
        if (string.IsNullOrEmpty(context.Subresource) && sent is JsonArray list)
        {
            if (list is [JsonObject { Count: 0 }])
            {
                return new Managers();
            }
            if (Managers.TryDecode(list, out var managers) && !managers.IsEmpty)
            {
                return managers;
            }
        }
        return Managers.Decode(stored);
    }

    private static FieldSet IgnoredBy(FieldsContext context) => context.Reset.Count == 0
        ? FieldSet.Empty
        : FieldSet.Of(isMember: false, context.Reset.ToDictionary(PathElement.Field, _ => FieldSet.Leaf));

    private static ApplyConflicts Describe(IReadOnlyList<(ManagerId Manager, FieldSet Fields)> conflicts)
    {
        var fields = conflicts.Select(conflict => (conflict.Manager, Paths: conflict.Fields.Paths().ToList())).ToList();
        var causes = fields.SelectMany(conflict => conflict.Paths.Select(path => new FieldError("FieldManagerConflict", $"conflict with {conflict.Manager}", path))).ToList();
        if (causes is [var only])
        {
            return new ApplyConflicts($"Apply failed with 1 conflict: {only.Message}: {only.Field}", causes);
        }
        var lines = fields.SelectMany(conflict => conflict.Paths.Select(path => $"- {path}").Prepend($"conflicts with {conflict.Manager}:"));
        return new ApplyConflicts($"Apply failed with {causes.Count} conflicts: {string.Join("\n", lines)}", causes);
    }

    /// <summary>How the server names an object in errors: namespace/name; group/version, Kind=kind.</summary>
    private static string Describe(JsonObject applied)
    {
        var metadata = applied["metadata"] as JsonObject;
        var version = Scalars.AsString(applied["apiVersion"]) ?? "";
        var qualified = version.Contains('/', StringComparison.Ordinal) ? version : $"/{version}";
        return $"{Scalars.AsString(metadata?["namespace"])}/{Scalars.AsString(metadata?["name"])}; {qualified}, Kind={Scalars.AsString(applied["kind"])}";
    }

    private static bool IsStored(JsonObject? live) => Scalars.AsString((live?["metadata"] as JsonObject)?["uid"]) is { Length: > 0 };

    private static JsonObject Metadata(JsonObject target)
    {
        if (target["metadata"] is JsonObject metadata)
        {
            return metadata;
        }
        metadata = [];
        target["metadata"] = metadata;
        return metadata;
    }

    private static void Write(JsonObject target, Managers managers)
    {
        if (managers.Encode() is { } entries)
        {
            Metadata(target)["managedFields"] = entries;
        }
        else
        {
            Metadata(target).Remove("managedFields");
        }
    }

    private static bool SameButTimes(JsonObject live, JsonObject candidate)
    {
        if (live.Count != candidate.Count)
        {
            return false;
        }
        foreach (var (name, value) in live)
        {
            if (!candidate.TryGetPropertyValue(name, out var other))
            {
                return false;
            }
            var same = name == "metadata" ? SameMetadata(value as JsonObject ?? [], other as JsonObject ?? []) : Scalars.Same(value, other);
            if (!same && !(value is null && other is null))
            {
                return false;
            }
        }
        return true;
    }

    private static bool SameMetadata(JsonObject live, JsonObject candidate)
    {
        foreach (var name in live.Select(field => field.Key).Union(candidate.Select(field => field.Key), StringComparer.Ordinal))
        {
            var same = name == "managedFields"
                ? SameEntries((JsonArray)live[name]!, (JsonArray)candidate[name]!)
                : Scalars.Same(live[name], candidate[name]) || (live[name] is null && candidate[name] is null);
            if (!same)
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Entries are matched by who they are, because a new time also moves an entry.</summary>
    private static bool SameEntries(JsonArray live, JsonArray candidate)
    {
        if (!Managers.TryDecode(live, out var left) || !Managers.TryDecode(candidate, out var right) || left.All.Count != right.All.Count)
        {
            return false;
        }
        return left.All.All(entry => right.Find(entry.Id) is { } other && other.ApiVersion == entry.ApiVersion && other.Fields.SetEquals(entry.Fields));
    }
}
