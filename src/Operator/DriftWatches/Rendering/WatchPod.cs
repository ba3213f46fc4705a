using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Crds.DriftWatches;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.DriftWatches.Rendering;

/// <summary>The pod of a watch: <c>drift watch</c> with everything that it reads and writes below one directory. Pure.</summary>
internal sealed record WatchPod(ObjectMeta Owner, DriftWatchSpec Spec, DriftWatchInputs Inputs)
{
    /// <summary>Label with the name of the resource, on every pod of it.</summary>
    public const string WatchLabel = "comptroller.dev/drift-watch";

    /// <summary>The request that pods were started for: on start every state is read and compared in full.</summary>
    public const string RequestAnnotation = "comptroller.dev/requested-at";

    public const string ContainerName = "drift";

    public static JsonObject Labels(string owner) => new()
    {
        [OwnedObjects.ManagedBy] = OperatorHost.Product,
        ["app.kubernetes.io/name"] = "drift-watch",
        [WatchLabel] = owner,
    };

    public static JsonObject Selector(ObjectMeta owner) => new() { [WatchLabel] = owner.Name };

    /// <param name="configuration">The file that it reads.</param>
    /// <param name="files">The volumes that the file names.</param>
    public JsonObject Template(string configuration, DriftFiles files)
    {
        // A pod reads its configuration when it starts: another hash starts another pod.
        var annotations = new JsonObject { ["comptroller.dev/inputs"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(configuration)).AsSpan(0, 8)) };
        if (Inputs.Request is { } request)
        {
            annotations[RequestAnnotation] = request;
        }

        var labels = Labels(Owner.Name);
        foreach (var (name, value) in Spec.Credentials.PodLabels.OrderBy(label => label.Key, StringComparer.Ordinal))
        {
            labels.TryAdd(name, value);
        }

        var template = new HardenedPod
        {
            Name = ContainerName,
            Image = Spec.Pod.Image ?? Inputs.Image,
            Labels = labels,
            Annotations = annotations,
            Arguments = ["drift", "watch", "--config", DriftConfiguration.FileName],
            Resources = Spec.Pod.Resources,
            TimeZone = "Etc/UTC",
            Environment = Environment(files),
            WorkingDirectory = DriftFiles.Root,
            Volumes = [.. Own(), .. files.Volumes],
            Stays = true,
            HealthPort = Spec.Intake.Port,
            Identity = DriftObjects.ServiceAccountName(Owner, Spec.Credentials),
            Placement = Placement(),
        }.Template();
        if (Spec.Intake.Tls is not null)
        {
            var container = template["spec"]!["containers"]![0]!;
            foreach (var probe in (string[])["startupProbe", "livenessProbe", "readinessProbe"])
            {
                container[probe]!["httpGet"]!["scheme"] = "HTTPS";
            }
        }

        return template;
    }

    private IEnumerable<PodVolume> Own()
    {
        // One file instead of the folder, because everything else has its place beside it.
        yield return PodVolume.ConfigMap("config", $"{DriftFiles.Root}/{DriftConfiguration.FileName}", DriftObjects.ConfigurationName(Owner), DriftConfiguration.FileName);
        if (Spec.Store.Postgres is null)
        {
            yield return PodVolume.Claim("data", $"{DriftFiles.Root}/{DriftConfiguration.DataFolder}", Spec.Store.Sqlite?.ClaimName ?? DriftObjects.VolumeClaimName(Owner));
        }

        if (Spec.Credentials.TokenAudience is { } audience)
        {
            yield return PodVolume.Token("federation", $"{DriftFiles.Root}/secrets/federation", audience);
        }

        yield return PodVolume.Scratch("tmp", "/tmp", "64Mi");
    }

    private List<JsonObject> Environment(DriftFiles files)
    {
        var variables = new List<JsonObject>
        {
            // The operator mostly waits and is compiled once, ahead; a watch judges thousands of alerts a second, and code that is compiled again
            // for what it does most takes half of the processor for each. The third is the young heap, in bytes: by default it goes by the
            // processor's cache, which on a large machine is more than all that a watch keeps.
            HardenedPod.Variable("DOTNET_TieredCompilation", "1"),
            HardenedPod.Variable("DOTNET_TieredPGO", "0"),
            HardenedPod.Variable("DOTNET_GCgen0size", "0x1000000"),
        };
        var credentials = Spec.Credentials;
        if (credentials.AwsSecretRef is { } aws)
        {
            variables.Add(HardenedPod.FromSecret("AWS_ACCESS_KEY_ID", aws.Name, "aws_access_key_id"));
            variables.Add(HardenedPod.FromSecret("AWS_SECRET_ACCESS_KEY", aws.Name, "aws_secret_access_key"));
            variables.Add(Optional(HardenedPod.FromSecret("AWS_SESSION_TOKEN", aws.Name, "aws_session_token")));
        }

        if (credentials.GcpSecretRef is { } gcp)
        {
            variables.Add(HardenedPod.Variable("GOOGLE_APPLICATION_CREDENTIALS", $"{DriftFiles.Root}/{files.Secret("gcp", gcp)}"));
        }

        if (credentials.AzureSecretRef is { } azure)
        {
            variables.Add(HardenedPod.FromSecret("AZURE_TENANT_ID", azure.Name, "tenant_id"));
            variables.Add(HardenedPod.FromSecret("AZURE_CLIENT_ID", azure.Name, "client_id"));
            variables.Add(HardenedPod.FromSecret("AZURE_CLIENT_SECRET", azure.Name, "client_secret"));
        }

        return variables;
    }

    private static JsonObject Optional(JsonObject variable)
    {
        variable["valueFrom"]!["secretKeyRef"]!["optional"] = true;
        return variable;
    }

    /// <summary>Several pods on one node would go together with it.</summary>
    private JsonObject Placement() => DriftObjects.IsOne(Spec) ? [] : new JsonObject
    {
        ["topologySpreadConstraints"] = new JsonArray(new JsonObject
        {
            ["maxSkew"] = 1,
            ["topologyKey"] = "kubernetes.io/hostname",
            ["whenUnsatisfiable"] = "ScheduleAnyway",
            ["labelSelector"] = new JsonObject { ["matchLabels"] = Selector(Owner) },
        }),
    };
}
