using System.Diagnostics;
using System.Text.Json.Nodes;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Tests.Testing;
using Comptroller.Crds;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Yaml;
using Comptroller.Operator.Tests.AuditBackups;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Operator.Verbs.Archive;
using Comptroller.Sandbox.Http;
using Comptroller.Sandbox.Tests.Kubectl;

namespace Comptroller.Operator.Tests.Verbs.Archive;

public sealed class EstateExportTests : IDisposable
{
    private const string Value = "hunter2-hunter2";
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_a_spec_names_is_found_wherever_it_stands() =>
        EstateExport.References(JsonNode.Parse(
            """{"a":{"credentialsSecretRef":{"name":"falcon"}},"list":[{"gradingConfigMapRef":{"name":"grading"}},{"passwordSecretRef":{"name":"p","key":"k"}}],"secretRef":"text","name":"no","secretRefs":[{"name":"one"},{"name":"two"}],"pvc":{"claimName":"data"},"s3":{"serviceAccountName":"cloud"}}"""))
            .ShouldBe([("Secret", "falcon"), ("ConfigMap", "grading"), ("Secret", "p"), ("Secret", "one"), ("Secret", "two"), ("PersistentVolumeClaim", "data"), ("ServiceAccount", "cloud")]);

    [KubectlFact]
    public async Task The_estate_comes_back_into_another_cluster_by_kubectl_and_no_value_of_a_Secret_is_anywhere()
    {
        await using var estate = await Estate.StartAsync();
        await estate.ApplyAsync(
            Named("v1", "Namespace", null, "security"), Secret("archive-key"), Secret("falcon"),
            Named("v1", "ConfigMap", "default", "grading") is var grading && grading.TryAdd("data", new JsonObject { ["grading.json"] = "{}" }) ? grading : [],
            (JsonObject)YamlReader.ReadFirst("{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: archive, namespace: default}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}").Root!,
            Backups.Document(Backups.Sound, "evidence", "default"),
            Document(ResourceTypes.PolicyAuditSchedules, "tenant", "{falcon: {credentialsSecretRef: {name: falcon}, cloud: us-1}, gradingConfigMapRef: {name: grading}}"),
            Document(ResourceTypes.AuditPolicies, "production", "{rules: [{level: Metadata}]}"));
        await estate.MergeAsync(ResourceTypes.AuditBackups, "default", "evidence", """{"metadata": {"annotations": {"comptroller.dev/restore": "latest"}}}""");

        // With the permissions of deploy/estate-backup and no others.
        await estate.ApplyAsync(YamlReader.ReadAll(await File.ReadAllTextAsync(Repository.PathOf("deploy", "estate-backup", "role.yaml"))).Select(document => document.Root).OfType<JsonObject>());
        await File.WriteAllTextAsync(_directory["reader"], Kubeconfig.Text(estate.Server.Address, estate.Server.CaCertificatePem, await TokenAsync(estate)));
        using (var key = SigningKey.Create())
        {
            await File.WriteAllTextAsync(_directory["key.pem"], key.ToPem());
        }

        await RunAsync("backup", "--estate", "--kubeconfig", _directory["reader"], "--store", _directory["store"], "--signing-key", _directory["key.pem"]);
        await RunAsync("restore", "--store", _directory["store"], "--signing-key", _directory["key.pem"], "--target", _directory["back"]);
        var (evidence, apply) = (await File.ReadAllTextAsync(_directory["back/estate/objects.jsonl"]), _directory["back/estate/apply.jsonl"]);
        foreach (var text in new[] { evidence, await File.ReadAllTextAsync(apply) })
        {
            text.ShouldNotContain(Value);
            text.ShouldNotContain(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Value)));
        }

        var kept = evidence.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();
        kept.Select(item => $"{item["kind"]}/{item["metadata"]!["name"]}").ShouldBe(
            ["AuditBackup/evidence", "AuditPolicy/production", "ConfigMap/grading", "PersistentVolumeClaim/archive", "PersistentVolumeClaim/trail", "PolicyAuditSchedule/tenant", "Secret/archive-key", "Secret/falcon"]);
        kept[0]["metadata"]!["uid"].ShouldNotBeNull();
        ((string)kept[4]["comptrollerNote"]!).ShouldBe("named, and missing");
        ((string)kept[6]["comptrollerNote"]!).ShouldBe("named, and not to be read by this identity");

        await using var another = await Estate.StartAsync();
        another.Server.WriteKubeconfig(_directory["admin"]);
        await KubectlAsync("apply", "--kubeconfig", _directory["admin"], "-f", apply);
        foreach (var (type, name) in new[] { (KubernetesTypes.UntypedOf(ResourceTypes.AuditBackups), "evidence"), (KubernetesTypes.UntypedOf(ResourceTypes.AuditPolicies), "production"), (KubernetesTypes.UntypedOf(ResourceTypes.PolicyAuditSchedules), "tenant") })
        {
            var (before, after) = (await estate.Admin.GetAsync(type, "default", name, default), await another.Admin.GetAsync(type, "default", name, default));
            JsonNode.DeepEquals(after["spec"], before["spec"]).ShouldBeTrue($"{after["spec"]}");
            ((string?)after["metadata"]!["annotations"]?["comptroller.dev/restore"]).ShouldBeNull("what was asked for here is not asked for again there");
        }

        (await another.ExistsAsync(RenderedKinds.ConfigMaps, "default", "grading")).ShouldBeTrue();
        (await another.Admin.ListAllAsync(KubernetesTypes.UntypedOf(new ResourceType("", "v1", "secrets", "Secret", Namespaced: true)), "default", new ListOptions(), default)).Items.ShouldBeEmpty();
    }

    private static JsonObject Named(string apiVersion, string kind, string? @namespace, string name)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (@namespace is not null)
        {
            metadata["namespace"] = @namespace;
        }

        return new JsonObject { ["apiVersion"] = apiVersion, ["kind"] = kind, ["metadata"] = metadata };
    }

    private static JsonObject Secret(string name)
    {
        var secret = Named("v1", "Secret", "default", name);
        secret["stringData"] = new JsonObject { ["archive.pem"] = Value };
        return secret;
    }

    private static JsonObject Document(ResourceType type, string name, string spec)
    {
        var document = Named(type.ApiVersion, type.Kind, "default", name);
        document["spec"] = YamlReader.ReadFirst(spec).Root!.DeepClone();
        return document;
    }

    internal static async Task<string> TokenAsync(Estate estate)
    {
        var requests = KubernetesTypes.UntypedOf(new ResourceType("", "v1", "serviceaccounts/estate-backup/token", "TokenRequest", Namespaced: true));
        var answer = await estate.Admin.CreateAsync(requests, "security", new JsonObject { ["apiVersion"] = "authentication.k8s.io/v1", ["kind"] = "TokenRequest", ["spec"] = new JsonObject() }, "test", default);
        return (string)answer["status"]!["token"]!;
    }

    private static async Task RunAsync(params string[] arguments)
    {
        var (exit, _, error) = await CommandLine.RunAsync(["archive", .. arguments]);
        exit.ShouldBe(0, error);
    }

    private static async Task KubectlAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(KubectlBinary.Path, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await process.WaitForExitAsync(patience.Token);
        process.ExitCode.ShouldBe(0, $"{await output}{await error}");
    }
}

/// <summary>A test with kubectl; skipped with its reason where it is not installed.</summary>
internal sealed class KubectlFactAttribute : FactAttribute
{
    public KubectlFactAttribute() => Skip = KubectlBinary.Skip;
}
