using System.Text.Json;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Api;

/// <summary>The states that are judged by. Secrets are not in them: they were hashed while the states were read, and even the hashes are not shown.</summary>
internal sealed class StateEndpoints(WatchView view)
{
    public IEnumerable<Route> Routes =>
    [
        new("GET", "/api/v1/state", Scopes.Read, "The states together", (_, _) => Task.FromResult(Summary())) { Data = "State" },
        new("GET", "/api/v1/states", Scopes.Read, "Each state: serial, resources, when it was read, why not", (_, _) => Task.FromResult(List())) { Data = "StateList" },
        new("POST", "/api/v1/state/reload", Scopes.Write, "Reads every state anew and compares in full, within seconds", (_, _) => Task.FromResult(Reload())) { Data = "Reload" },
        new("GET", "/api/v1/state/resources", Scopes.Read, "Managed resources, in the order of the states", (call, _) => Task.FromResult(Resources(call)))
        {
            Query = [.. DriftEndpoints.PageParameters, new("resource_type", "string", "The exact Terraform type"), new("q", "string", "Part of an address or id")], Data = "ResourcePage",
        },
        new("GET", "/api/v1/state/resource/{id}", Scopes.Read, "One resource, by its id, ARN or address", (call, _) => Task.FromResult(Resource(call))) { Data = "Resource" },
    ];

    private ApiAnswer Summary()
    {
        var states = view.States();
        if (!states.Any(state => state.LoadedAt is not null))
        {
            throw ApiException.NotFound("Terraform state not loaded");
        }

        var only = states.Count == 1 ? states[0] : null;
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("version", 4);
            json.WriteString("terraform_version", only?.TerraformVersion);
            WriteNumber(json, "serial", only?.Serial);
            json.WriteString("lineage", only?.Lineage);
            json.WriteNumber("resource_count", view.State().Count);
            // Outputs may hold secrets: they are counted while a state is read, and not kept.
            json.WriteNumber("outputs_count", states.Sum(state => state.Outputs));
            json.WriteNumber("states", states.Count);
            json.WriteBoolean("current", states.All(state => state.Error is null && state.LoadedAt is not null));
            json.WriteEndObject();
        });
    }

    private ApiAnswer Reload()
    {
        view.Reload();
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("requested", true);
            ApiJson.Time(json, "timestamp", view.Time.GetUtcNow());
            json.WriteEndObject();
        });
    }

    private ApiAnswer List() => ApiAnswer.Of(json =>
    {
        json.WriteStartArray();
        foreach (var state in view.States())
        {
            json.WriteStartObject();
            json.WriteString("name", state.Name);
            WriteNumber(json, "serial", state.Serial);
            json.WriteString("lineage", state.Lineage);
            json.WriteString("terraform_version", state.TerraformVersion);
            json.WriteNumber("resource_count", state.Resources);
            ApiJson.Time(json, "loaded_at", state.LoadedAt);
            json.WriteString("error", state.Error);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private ApiAnswer Resources(ApiCall call)
    {
        var state = view.State();
        var all = state.Resources;
        var (type, text) = (call.Text("resource_type"), call.Text("q"));
        var isAll = type is null && text is null;
        var (page, skip, total) = (new List<StateResource>(), Paging.Start(call, state.Count), 0);
        if (isAll)
        {
            total = state.Count;
            page.AddRange(all.Skip(skip).Take(call.Limit));
        }
        else
        {
            foreach (var resource in all)
            {
                var fits = (type is null || resource.Type == type)
                    && (text is null || resource.Id.Contains(text, StringComparison.OrdinalIgnoreCase) || resource.Address.Contains(text, StringComparison.OrdinalIgnoreCase));
                if (fits && total++ >= skip && page.Count < call.Limit)
                {
                    page.Add(resource);
                }
            }
        }

        return ApiAnswer.Of(json => Paging.Write(json, call, page, Write, total, skip + page.Count < total ? skip + page.Count : null));
    }

    private ApiAnswer Resource(ApiCall call)
    {
        var state = view.State();
        // Azure's ids are the same in any case; the other two clouds' are not.
        var resource = state.Named(call.Id, null).FirstOrDefault() ?? state.Named(call.Id, Provider.Azure).FirstOrDefault()
            // Addresses are in no index; the name is looked at first, since an address is made for every look.
            ?? state.Resources.FirstOrDefault(each => call.Id.Contains(each.Name, StringComparison.Ordinal) && each.Address == call.Id) ?? throw ApiException.NotFound("Resource not found");
        return ApiAnswer.Of(json => Write(json, resource));
    }

    private static void Write(Utf8JsonWriter json, StateResource resource)
    {
        json.WriteStartObject();
        json.WriteString("type", resource.Type);
        json.WriteString("name", resource.Name);
        json.WriteString("id", resource.Id);
        json.WriteString("address", resource.Address);
        json.WriteString("module", resource.Module);
        json.WriteString("provider", ProviderNames.OfType(resource.Type)?.Name() ?? "other");
        json.WriteString("mode", "managed");
        json.WriteString("state", resource.Source);
        json.WritePropertyName("attributes");
        using (var attributes = resource.ReadAttributes())
        {
            Redaction.Write(attributes.RootElement, json);
        }

        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, long? number)
    {
        if (number is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
