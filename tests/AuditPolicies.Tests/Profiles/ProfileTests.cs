using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Linting;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Profiles;

namespace Comptroller.AuditPolicies.Tests.Profiles;

/// <summary>What every profile of every edition promises.</summary>
public sealed class ProfileTests
{
    public static TheoryData<int, string> Profiles()
    {
        var data = new TheoryData<int, string>();
        foreach (var edition in ProfileEdition.All)
        {
            foreach (var profile in edition.Profiles)
            {
                data.Add(edition.Version, profile.Name);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void No_lint_finds_anything_with_any_add_on(int version, string name)
    {
        var edition = ProfileEdition.Find(version)!;
        string[][] choices = [[], .. edition.AddOns.Select(addOn => new[] { addOn.Name }), [.. edition.AddOns.Select(addOn => addOn.Name)]];
        foreach (var addOns in choices)
        {
            var findings = PolicyLinter.Lint(new LintContext(Compose(version, name, addOns).Policy) { Target = new KubernetesVersion(1, 30) });

            findings.Select(finding => $"{finding.Id}: {finding.Message}").ShouldBeEmpty(string.Join(", ", addOns));
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Secrets_configuration_and_tokens_are_never_recorded_with_content(int version, string name)
    {
        var evaluator = new PolicyEvaluator(Compose(version, name).Policy);
        var confidential = Requests.All(Requests.Callers).Where(Requests.IsConfidential).ToList();

        confidential.Count.ShouldBeGreaterThan(1000);
        confidential.Where(request => evaluator.Decide(request).Level > Level.Metadata).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Nobody_touches_a_secret_or_a_token_without_a_trace(int version, string name)
    {
        var edition = ProfileEdition.Find(version)!;
        var evaluator = new PolicyEvaluator(Compose(version, name, [.. edition.AddOns.Select(addOn => addOn.Name)]).Policy);
        var callers = Requests.Callers.Concat(AddOnCallers(edition.AddOns));
        var sensitive = Requests.All(callers).Where(request => Requests.IsConfidential(request) && request.Resource != "configmaps");

        sensitive.Where(request => evaluator.Decide(request) is { Level: Level.None } or { OmitStages: not Stages.RequestReceived }).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Ways_into_a_workload_are_recorded_from_their_start_whoever_takes_them(int version, string name)
    {
        var evaluator = new PolicyEvaluator(Compose(version, name).Policy);
        (string Resource, string Subresource)[] ways =
            [("pods", "exec"), ("pods", "attach"), ("pods", "portforward"), ("pods", "proxy"), ("pods", "ephemeralcontainers"), ("services", "proxy"), ("nodes", "proxy")];
        foreach (var (resource, subresource) in ways)
        {
            foreach (var request in Requests.Callers.SelectMany(caller => new[] { "get", "create", "update", "patch" }.Select(verb => Requests.Of(caller, verb, "", resource, subresource))))
            {
                var decision = evaluator.Decide(request);

                decision.Level.ShouldNotBe(Level.None, $"{resource}/{subresource} {request.Verb} by {request.User}");
                decision.OmitStages.ShouldBe(Stages.RequestReceived);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Deleting_all_at_once_is_recorded_like_deleting_one(int version, string name)
    {
        var evaluator = new PolicyEvaluator(Compose(version, name).Policy);
        foreach (var (group, resource) in Requests.Resources)
        {
            var one = evaluator.Decide(Requests.Of(Requests.Person, "delete", group, resource));
            var all = evaluator.Decide(Requests.Of(Requests.Person, "deletecollection", group, resource));

            one.Level.ShouldNotBe(Level.None, resource);
            all.ShouldBe(one, resource);
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void People_change_nothing_without_a_trace_but_heartbeats(int version, string name)
    {
        var evaluator = new PolicyEvaluator(Compose(version, name).Policy);
        var silent = Requests.All([Requests.Person, Requests.Workload])
            .Where(request => Requests.Writes.Contains(request.Verb) && evaluator.Decide(request).Level == Level.None)
            .Select(request => request.Resource).Distinct().Order();

        silent.ShouldBe(["events", "leases"]);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Failed_logins_and_anonymous_readers_leave_a_trace_everywhere_but_at_the_probes(int version, string name)
    {
        var evaluator = new PolicyEvaluator(Compose(version, name).Policy);
        var tries = new[] { Requests.Nobody, Requests.Anonymous }.SelectMany(caller => Requests.All([caller])
            .Where(request => request.Verb is "get" or "list" or "create")
            .Concat(new[] { "/api", "/apis/apps/v1", "/version", "/metrics", "/openapi/v3", "/nowhere" }.Select(path => Requests.Path(caller, path))));

        tries.Where(request => evaluator.Decide(request) is { Level: Level.None } or { OmitStages: not Stages.RequestReceived }).ShouldBeEmpty();
        evaluator.Decide(Requests.Path(Requests.Nobody, "/readyz")).Level.ShouldBe(Level.None);
        evaluator.Decide(Requests.Path(Requests.Person, "/readyzfoo", "post")).Level.ShouldBe(Level.Metadata);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Heartbeats_events_and_reports_of_the_system_are_dropped(int version, string name)
    {
        var evaluator = new PolicyEvaluator(Compose(version, name).Policy);
        AuditRequest[] noise =
        [
            Requests.Of(Requests.Node, "update", "coordination.k8s.io", "leases"),
            Requests.Of(Requests.Workload, "update", "coordination.k8s.io", "leases"),
            Requests.Of(Requests.Node, "patch", "", "nodes", "status"),
            Requests.Of(Requests.Node, "patch", "", "pods", "status"),
            Requests.Of(Requests.Node, "create", "", "events"),
            Requests.Of(Requests.Workload, "patch", "events.k8s.io", "events"),
            Requests.Of(Requests.ServiceAccount("kube-system", "replicaset-controller"), "update", "apps", "replicasets", "status"),
            Requests.Of(Requests.Node, "create", "authorization.k8s.io", "subjectaccessreviews"),
            Requests.Path(Requests.Node, "/livez"),
        ];

        noise.Where(request => evaluator.Decide(request).Level != Level.None).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void An_add_on_silences_reads_of_its_own_service_accounts_and_nothing_else(int version, string name)
    {
        var edition = ProfileEdition.Find(version)!;
        var plain = new PolicyEvaluator(Compose(version, name).Policy);
        foreach (var addOn in edition.AddOns)
        {
            var own = AddOnCallers([addOn]).Select(caller => caller.User).ToHashSet();
            var evaluator = new PolicyEvaluator(Compose(version, name, addOn.Name).Policy);
            var changed = Requests.All([Requests.Person, Requests.Workload, Requests.Node, .. AddOnCallers(edition.AddOns)])
                .Where(request => request.Subresource is "" or "status" or "log")
                .Select(request => (Request: request, Before: plain.Decide(request), After: evaluator.Decide(request)))
                .Where(each => (each.Before.Level, each.Before.OmitStages) != (each.After.Level, each.After.OmitStages))
                .ToList();

            changed.Where(each => each.After.Level != Level.None
                || !Requests.Reads.Contains(each.Request.Verb)
                || !own.Contains(each.Request.User)
                || each.Request is { ApiGroup: "", Resource: "secrets" }).ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData("Flux", "flux-system", "kustomize-controller", "example.com", "widgets")]
    [InlineData("Flux", "flux-system", "source-controller", "source.toolkit.fluxcd.io", "gitrepositories")]
    [InlineData("ArgoCD", "argocd", "argocd-application-controller", "apps", "deployments")]
    [InlineData("Cilium", "kube-system", "cilium", "cilium.io", "ciliumendpoints")]
    [InlineData("CertManager", "cert-manager", "cert-manager-cainjector", "apiregistration.k8s.io", "apiservices")]
    [InlineData("ExternalSecrets", "external-secrets", "external-secrets", "external-secrets.io", "externalsecrets")]
    [InlineData("Rook", "rook-ceph", "rook-ceph-system", "ceph.rook.io", "cephclusters")]
    public void An_add_on_silences_what_its_component_reads_all_day(string addOn, string space, string account, string group, string resource)
    {
        var caller = Requests.ServiceAccount(space, account);
        var with = new PolicyEvaluator(Compose(1, "Forensic", addOn).Policy);

        new PolicyEvaluator(Compose(1, "Forensic").Policy).Decide(Requests.Of(caller, "list", group, resource)).Level.ShouldBe(Level.Metadata);
        with.Decide(Requests.Of(caller, "list", group, resource)).Level.ShouldBe(Level.None);
        with.Decide(Requests.Of(caller, "patch", group, resource)).Level.ShouldNotBe(Level.None);
        with.Decide(Requests.Of(Requests.ServiceAccount("other", account), "list", group, resource)).Level.ShouldBe(Level.Metadata);
    }

    [Fact]
    public void Each_profile_records_at_least_what_the_one_before_it_does()
    {
        var evaluators = ProfileEdition.Latest.Profiles.Select(profile => (profile.Name, Evaluator: new PolicyEvaluator(Compose(ProfileEdition.Latest.Version, profile.Name).Policy))).ToList();
        var requests = Requests.All(Requests.Callers).Concat(new[] { "/api", "/metrics", "/healthz", "/logs" }.SelectMany(path => Requests.Callers.Select(caller => Requests.Path(caller, path)))).ToList();
        foreach (var (less, more) in evaluators.Zip(evaluators.Skip(1)))
        {
            requests.Where(request => less.Evaluator.Decide(request).Level > more.Evaluator.Decide(request).Level)
                .Select(request => $"{less.Name} over {more.Name}: {request.Verb} {request.ApiGroup}/{request.Resource}/{request.Subresource}{request.Path} by {request.User}")
                .ShouldBeEmpty();
            requests.Count(request => less.Evaluator.Decide(request).Level < more.Evaluator.Decide(request).Level).ShouldBeGreaterThan(100);
        }
    }

    [Fact]
    public void Add_ons_go_between_guards_and_remainder_in_one_order()
    {
        var composed = Compose(1, "Baseline", "Rook", "Flux");

        composed.Origins.ShouldBe(Compose(1, "Baseline", "Flux", "Rook").Origins);
        var guards = ProfileEdition.Find(1)!.Profile("Baseline")!.Guards.Length;
        composed.Origins.Take(guards).ShouldAllBe(origin => origin.Source == RuleSource.Profile);
        composed.Origins.Skip(guards).Take(3).Select(origin => origin.ToString())
            .ShouldBe(["rule 0 of add-on Flux", "rule 1 of add-on Flux", "rule 0 of add-on Rook"]);
        composed.Origins[guards + 3].ToString().ShouldBe($"rule {guards} of profile Baseline");
    }

    [Fact]
    public void Every_rule_says_why_and_versions_are_found_by_number()
    {
        foreach (var edition in ProfileEdition.All)
        {
            ProfileEdition.Find(edition.Version).ShouldBe(edition);
            edition.Profiles.SelectMany(profile => profile.Guards.Concat(profile.Remainder)).Concat(edition.AddOns.SelectMany(addOn => addOn.Rules))
                .ShouldAllBe(rule => rule.Reason.Length > 20 && rule.Reason.EndsWith('.'));
        }

        ProfileEdition.Find(ProfileEdition.Latest.Version + 1).ShouldBeNull();
        ProfileEdition.All.Select(edition => edition.Version).ShouldBe(Enumerable.Range(1, ProfileEdition.All.Length));
    }

    private static ComposedRules Compose(int version, string profile, params string[] addOns)
    {
        var edition = ProfileEdition.Find(version)!;
        return ComposedRules.Of(edition, edition.Profile(profile)!, addOns);
    }

    private static IEnumerable<Caller> AddOnCallers(IEnumerable<AddOn> addOns) =>
        from user in addOns.SelectMany(addOn => addOn.Rules).SelectMany(rule => rule.Rule.Users).Distinct()
        let parts = user.Split(':')
        select Requests.ServiceAccount(parts[2], parts[3]);
}
