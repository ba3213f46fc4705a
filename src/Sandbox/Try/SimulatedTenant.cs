using System.Text.Json.Nodes;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.FalconSimulator;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Sandbox.Try;

/// <summary>
/// A Falcon tenant on loopback that the sample schedules audit in place of the cloud that they name: nothing here reaches for a tenant
/// that somebody might own.
/// </summary>
internal sealed class SimulatedTenant : IAsyncDisposable
{
    private readonly Simulator _simulator;
    private readonly SimulatorOptions _options;

    private SimulatedTenant(Simulator simulator, SimulatorOptions options) => (_simulator, _options) = (simulator, options);

    public Uri Address => _simulator.Address;

    public static async Task<SimulatedTenant> StartAsync(CancellationToken cancellationToken)
    {
        var options = new SimulatorOptions { Hosts = 1000, Policies = 50 };
        return new SimulatedTenant(await Simulator.StartAsync(options, cancellationToken), options);
    }

    /// <summary>The sample as it is, but for the tenant, and with the image that this machine has; it is to run now. Other kinds are returned as they are.</summary>
    public IEnumerable<JsonObject> Stage(JsonObject sample)
    {
        if ((string)sample["kind"]! != nameof(PolicyAuditSchedule))
        {
            return [sample];
        }

        var staged = (JsonObject)sample.DeepClone();
        var falcon = staged["spec"]!["falcon"]!.AsObject();
        falcon.Remove("cloud");
        falcon["baseURL"] = Address.GetLeftPart(UriPartial.Authority);
        (staged["spec"]!["jobs"] as JsonObject)?.Remove("image");
        staged["metadata"]!["annotations"] = new JsonObject { [ChangeFilter.RequestedAt] = "the start" };
        return [Credentials((string)falcon["credentialsSecretRef"]!["name"]!), staged];
    }

    public ValueTask DisposeAsync() => _simulator.DisposeAsync();

    private JsonObject Credentials(string name) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Secret",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["stringData"] = new JsonObject { ["client_id"] = _options.ClientId, ["client_secret"] = _options.ClientSecret },
    };
}
