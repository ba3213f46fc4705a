using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Comptroller.Drift.Configuration;
using Comptroller.Kubernetes.Yaml;
using Comptroller.Operator.DriftWatches;
using Comptroller.Operator.DriftWatches.Rendering;

namespace Comptroller.Operator.Tests.DriftWatches;

/// <summary>
/// What each resource under testdata/watches is rendered into, byte for byte. A case without input.yaml is the sample of its name in
/// config/samples. COMPTROLLER_UPDATE_GOLDENS=1 writes the expectations anew; read the difference before committing it.
/// </summary>
public sealed class DriftWatchPlanTests
{
    private static readonly string Folder = Repository.PathOf("tests", "Operator.Tests", "testdata", "watches");
    private static readonly DriftWatchInputs Inputs = new() { Image = "registry.example.com/comptroller:1.2.3" };

    public static TheoryData<string> Cases() => [.. Directory.EnumerateDirectories(Folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_watch_is_rendered_as_recorded(string name)
    {
        var text = YamlWriter.WriteAll(Plan(name).Objects.Select(item => item.Body));
        var expectation = Path.Combine(Folder, name, "expected.yaml");
        if (Environment.GetEnvironmentVariable("COMPTROLLER_UPDATE_GOLDENS") == "1")
        {
            File.WriteAllText(expectation, text);
        }

        text.ShouldBe(File.ReadAllText(expectation));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_pod_is_restricted_and_holds_no_token_for_Kubernetes(string name)
    {
        var pod = Pod(Plan(name));
        ((bool)pod["automountServiceAccountToken"]!).ShouldBeFalse();
        ((bool)pod["securityContext"]!["runAsNonRoot"]!).ShouldBeTrue();
        ((string)pod["securityContext"]!["seccompProfile"]!["type"]!).ShouldBe("RuntimeDefault");
        pod["volumes"]!.AsArray().ShouldAllBe(volume => volume!["hostPath"] == null && volume["projected"] == null);
        var container = pod["containers"]!.AsArray().ShouldHaveSingleItem()!;
        ((bool)container["securityContext"]!["allowPrivilegeEscalation"]!).ShouldBeFalse();
        ((bool)container["securityContext"]!["readOnlyRootFilesystem"]!).ShouldBeTrue();
        container["securityContext"]!["capabilities"]!.ToJsonString().ShouldBe("""{"drop":["ALL"]}""");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_configuration_is_one_that_the_watch_reads_and_every_file_that_it_names_is_mounted(string name)
    {
        var plan = Plan(name);
        var document = YamlReader.ReadFirst(plan.Configuration);
        var config = DriftConfigReader.Read(document.Root, "config.yaml", path => document.Locate(path).Line);
        config.States.Length.ShouldBe(Resource(name).Spec.States.Count);
        var mounts = Pod(plan)["containers"]![0]!["volumeMounts"]!.AsArray().Select(mount => (string)mount!["mountPath"]!).ToList();
        foreach (Match file in Regex.Matches(plan.Configuration, @"(?<=[ ""])(secrets|states|comparison|data)/[^\s""]+", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)))
        {
            mounts.ShouldContain(mount => $"{DriftFiles.Root}/{file.Value}".StartsWith(mount + "/", StringComparison.Ordinal), file.Value);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Credentials_are_references_only(string name)
    {
        foreach (var variable in Pod(Plan(name))["containers"]![0]!["env"]!.AsArray().Where(each => Regex.IsMatch((string)each!["name"]!, "SECRET|ACCESS_KEY|TOKEN", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))))
        {
            variable!["value"].ShouldBeNull();
            variable["valueFrom"]!["secretKeyRef"].ShouldNotBeNull();
        }
    }

    [Fact]
    public void A_suspended_watch_keeps_everything_and_runs_nothing()
    {
        var deployment = Object(Of($"suspend: true, {Watches.Sound}"), RenderedKinds.Deployments);
        ((int)deployment["spec"]!["replicas"]!).ShouldBe(0);
        Kinds(Of($"suspend: true, {Watches.Sound}")).ShouldBe(Kinds(Of(Watches.Sound)));
        var scaled = "store: {postgres: {connectionSecretRef: {name: db, key: c}}}, autoscaling: {}, ";
        Object(Of(scaled + Watches.Sound), RenderedKinds.Deployments)["spec"]!["replicas"].ShouldBeNull("the autoscaler's own");
        ((int)Object(Of($"suspend: true, {scaled}{Watches.Sound}"), RenderedKinds.Deployments)["spec"]!["replicas"]!).ShouldBe(0);
    }

    [Fact]
    public void A_request_and_a_changed_configuration_start_another_pod_and_nothing_else_does()
    {
        var resource = Watches.Of($"{{{Watches.Sound}}}");
        var (first, second) = (Template(Inputs with { Request = "first" }), Template(Inputs with { Request = "second" }));
        second.ShouldNotBe(first);
        Template(Inputs with { Request = "first" }).ShouldBe(first);
        Object(Of($"gracePeriod: 2m, {Watches.Sound}"), RenderedKinds.Deployments)["spec"]!["template"]!.ToJsonString().ShouldNotBe(Template(Inputs));
        Object(Of($"alerts: {{enabled: false}}, {Watches.Sound}"), RenderedKinds.Deployments)["spec"]!["template"]!.ToJsonString().ShouldBe(Template(Inputs));

        string Template(DriftWatchInputs inputs) => Object(DriftWatchPlan.Make(resource, inputs), RenderedKinds.Deployments)["spec"]!["template"]!.ToJsonString();
    }

    [Fact]
    public void One_pod_with_SQLite_is_replaced_and_several_with_PostgreSQL_roll()
    {
        var one = Of(Watches.Sound);
        ((string)Object(one, RenderedKinds.Deployments)["spec"]!["strategy"]!["type"]!).ShouldBe("Recreate");
        Kinds(one).ShouldContain("PersistentVolumeClaim");
        Kinds(one).ShouldNotContain("PodDisruptionBudget");
        var several = Of($"replicas: 3, store: {{postgres: {{connectionSecretRef: {{name: db, key: c}}}}}}, {Watches.Sound}");
        ((string)Object(several, RenderedKinds.Deployments)["spec"]!["strategy"]!["type"]!).ShouldBe("RollingUpdate");
        Kinds(several).ShouldNotContain("PersistentVolumeClaim");
        Kinds(several).ShouldContain("PodDisruptionBudget");
    }

    [Fact]
    public void The_network_lets_in_who_is_named_and_out_where_the_spec_leads()
    {
        var policy = Object(Of($"network: {{fromNamespaces: [falco], toNamespaces: [databases]}}, {Watches.Sound}"), RenderedKinds.NetworkPolicies)["spec"]!;
        policy["ingress"]![0]!["from"]!.ToJsonString().ShouldContain("\"falco\"");
        policy["ingress"]![0]!["from"]!.ToJsonString().ShouldContain("\"comptroller-system\"", Case.Sensitive, "the operator asks the pods");
        policy["egress"]!.ToJsonString().ShouldContain("\"databases\"");
        policy["egress"]!.ToJsonString().ShouldContain("169.254.0.0/16", Case.Sensitive, "the node's metadata stays out of reach");
        Object(Of($"credentials: {{serviceAccountAnnotations: {{iam.gke.io/gcp-service-account: a}}}}, {Watches.Sound}"), RenderedKinds.NetworkPolicies)["spec"]!["egress"]!.ToJsonString()
            .ShouldContain("\"cidr\":\"169.254.169.254/32\"");
        Object(Of("states: [{name: a, http: {url: \"https://states.example.com:8443/a\"}}]"), RenderedKinds.NetworkPolicies)["spec"]!["egress"]!.ToJsonString().ShouldContain("8443");
    }

    [Theory]
    [InlineData("{states: []}", "spec.states", "at least one")]
    [InlineData("{states: [{name: a}]}", "spec.states[a]", "exactly one of file, s3")]
    [InlineData("{states: [{name: a, s3: {bucket: bbb, key: k}, gcs: {bucket: bbb}}]}", "spec.states[a]", "exactly one of file, s3")]
    [InlineData("{states: [{name: a, file: {path: x}}]}", "spec.states[a].file", "configMap, secret and claim")]
    [InlineData("{states: [{name: a, file: {claim: c, path: ../x}}]}", "spec.states[a].file.path", "stay below")]
    [InlineData("{states: [{name: a, file: {configMap: c, path: a/x}}]}", "spec.states[a].file.path", "no key")]
    [InlineData("{states: [{name: a, http: {url: \"https://user:secret@example.com\"}}]}", "spec.states[a].http.url", "without credentials")]
    [InlineData("{replicas: 2, SOUND}", "spec.replicas", "store.postgres")]
    [InlineData("{autoscaling: {}, SOUND}", "spec.autoscaling", "store.postgres")]
    [InlineData("{store: {postgres: {connectionSecretRef: {name: a, key: b}}}, autoscaling: {minReplicas: 4, maxReplicas: 3}, SOUND}", "spec.autoscaling.minReplicas", "maxReplicas")]
    [InlineData("{store: {sqlite: {}, postgres: {connectionSecretRef: {name: a, key: b}}}, SOUND}", "spec.store.postgres", "exclude")]
    [InlineData("{windows: [{name: w, from: \"2026-01-01T00:00:00Z\"}], SOUND}", "spec.windows[w]", "either from and to")]
    [InlineData("{windows: [{name: w, from: \"2026-01-02T00:00:00Z\", to: \"2026-01-01T00:00:00Z\"}], SOUND}", "spec.windows[w].to", "ends before")]
    [InlineData("{windows: [{name: w, from: \"2026-13-01T00:00:00Z\", to: \"2026-12-01T00:00:00Z\"}], SOUND}", "spec.windows[w].from", "no time")]
    [InlineData("{ignore: [{name: all}], SOUND}", "spec.ignore[all]", "ignores everything")]
    [InlineData("{notifications: {channels: [{name: a, type: Slack, urlSecretRef: {name: a, key: b}, signingSecretRef: {name: a, key: c}}]}, SOUND}", "spec.notifications.channels[a].signingSecretRef", "Webhook")]
    [InlineData("{api: {jwt: {issuer: i, audience: a}}, SOUND}", "spec.api.jwt", "keys")]
    [InlineData("{api: {trustedProxies: [10.0.0.0/33]}, SOUND}", "spec.api.trustedProxies[0]", "10.0.0.0/33")]
    [InlineData("{network: {toCIDRs: [10.0.0.0/33]}, SOUND}", "spec.network.toCIDRs[0]", "10.0.0.0/33")]
    [InlineData("{alerts: {disabled: [DriftWatchLoud]}, SOUND}", "spec.alerts.disabled[0]", "DriftWatchLoud")]
    [InlineData("{credentials: {serviceAccountName: a, serviceAccountAnnotations: {b: c}}, SOUND}", "spec.credentials.serviceAccountAnnotations", "own annotations")]
    [InlineData("{stateRefresh: 0s, SOUND}", "spec.stateRefresh", "longer")]
    [InlineData("{gracePeriod: soon, SOUND}", "spec.gracePeriod", "soon")]
    public void What_could_never_watch_is_refused_with_its_field(string spec, string field, string problem)
    {
        var plan = DriftWatchPlan.Make(Watches.Of(spec.Replace("SOUND", Watches.Sound, StringComparison.Ordinal)), Inputs);
        plan.Objects.ShouldBeEmpty();
        var error = plan.Errors.ShouldHaveSingleItem();
        error.ShouldStartWith(field + ":");
        error.ShouldContain(problem);
    }

    [Fact]
    public void A_name_that_leaves_no_room_is_refused() =>
        DriftWatchPlan.Make(Watches.Of($"{{{Watches.Sound}}}", new string('a', 41)), Inputs).Errors.ShouldHaveSingleItem().ShouldContain("metadata.name");

    private static DriftWatchPlan Of(string spec)
    {
        var plan = DriftWatchPlan.Make(Watches.Of($"{{{spec}}}"), Inputs);
        plan.Errors.ShouldBeEmpty();
        return plan;
    }

    private static Comptroller.Crds.DriftWatches.DriftWatch Resource(string name)
    {
        var input = Path.Combine(Folder, name, "input.yaml");
        return Watches.Read(File.ReadAllText(File.Exists(input) ? input : Repository.PathOf("config", "samples", $"driftwatch-{name}.yaml")));
    }

    private static DriftWatchPlan Plan(string name)
    {
        var plan = DriftWatchPlan.Make(Resource(name), Inputs);
        plan.Errors.ShouldBeEmpty();
        return plan;
    }

    private static JsonNode Pod(DriftWatchPlan plan) => Object(plan, RenderedKinds.Deployments)["spec"]!["template"]!["spec"]!;

    private static JsonObject Object(DriftWatchPlan plan, Comptroller.Kubernetes.Client.ResourceType type) => plan.Objects.Single(item => item.Type == type).Body;

    private static IEnumerable<string> Kinds(DriftWatchPlan plan) => plan.Objects.Select(item => item.Type.Kind);
}
