using Comptroller.AuditPolicies.Compliance;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Tests.Linting;

namespace Comptroller.AuditPolicies.Tests.Compliance;

public sealed class StandardTests
{
    [Fact]
    public void Controls_are_named_once_and_say_what_they_ask()
    {
        Standard.All.Select(standard => standard.Name).ShouldBe(["CIS", "STIG", "NSA", "PCIDSS", "SOC2", "ISO27001", "NIST80053"]);
        foreach (var standard in Standard.All)
        {
            standard.Controls.Select(control => control.Id).ShouldBeUnique();
            standard.Controls.ShouldAllBe(control => control.Requirement.Length > 10 && !control.Requirement.Contains('|'));
            Standard.Find(standard.Name).ShouldBe(standard);
        }
    }

    [Theory]
    [InlineData("Minimal", "CIS 3.2.2, STIG V-242403, NSA audit-enabled, PCIDSS 10.2.1.2, PCIDSS 10.2.1.4, PCIDSS 10.2.2, ISO27001 A.8.15, NIST80053 AU-3, NIST80053 AU-3(1)")]
    [InlineData("Baseline", "STIG V-242403")]
    [InlineData("Strict", "STIG V-242403")]
    [InlineData("Forensic", "")]
    public void A_profile_fails_these_and_nothing_else(string profile, string failed) =>
        string.Join(", ", Postures.With(ControlResult.Fail, Postures.OfProfile(profile))).ShouldBe(failed);

    [Fact]
    public void The_seed_document_fails_what_its_defects_cost()
    {
        var posture = new Posture(ReferenceCases.Seed)
        {
            NodeLogs = [new NodeLog("Talos", "/var/log/audit/kube/kube-apiserver.log", new LogSettings { MaxAgeDays = 7, MaxBackups = 3, MaxSizeMegabytes = 100 })],
            Stores = ["VictoriaLogs"],
        };

        var failed = Postures.With(ControlResult.Fail, posture).ToList();
        failed.ShouldContain("CIS 1.2.17"); // 7 days
        failed.ShouldContain("CIS 1.2.18"); // 3 files
        failed.ShouldNotContain("CIS 1.2.19");
        failed.ShouldContain("CIS 3.2.2"); // Secrets at Request
        failed.ShouldContain("PCIDSS 10.2.1.1"); // reads of Secrets by the control plane leave no trace
        failed.ShouldContain("PCIDSS 10.2.1.4"); // 401 are lost with ResponseStarted
        failed.ShouldContain("SOC2 CC7.2"); // no alert that can fire
        Postures.Judge(posture, "CIS", "3.2.2").Evidence.ShouldContain(line => line.StartsWith("get secrets example in default by jane@example.com: Request by rules[3]", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_recorded_and_nothing_sent_fails_all_that_can_be_judged()
    {
        var posture = Postures.Bare(Policies.Of("""[{"level": "None"}]"""));

        // Auditing is on, if to no purpose; and what nobody sends nobody has to protect.
        Postures.With(ControlResult.Pass, posture).ShouldBe(["CIS 3.2.1", "STIG V-242461"]);
        var byHand = Postures.With(ControlResult.Manual, Postures.OfProfile("Forensic")).ToList();
        Postures.With(ControlResult.Manual, posture).ShouldAllBe(control => byHand.Contains(control));
    }

    [Theory]
    [InlineData("""{"level": "None", "users": ["system:serviceaccount:velero:velero"], "resources": [{"group": "", "resources": ["pods/exec"]}]}""", "PCIDSS", "10.2.1.2", "system:serviceaccount:velero:velero")]
    [InlineData("""{"level": "None", "userGroups": ["breakglass"], "verbs": ["get"], "resources": [{"group": "", "resources": ["secrets"]}]}""", "SOC2", "CC6.1", "secrets")]
    [InlineData("""{"level": "None", "users": ["system:admin"], "verbs": ["get"], "resources": [{"group": "", "resources": ["secrets"]}]}""", "SOC2", "CC6.1", "system:admin")]
    [InlineData("""{"level": "RequestResponse", "namespaces": ["vault"], "resources": [{"group": "", "resources": ["secrets"]}]}""", "CIS", "3.2.2", "in vault")]
    [InlineData("""{"level": "Request", "resources": [{"group": "", "resources": ["configmaps"], "resourceNames": ["kubeadm-config"]}]}""", "CIS", "3.2.2", "kubeadm-config")]
    [InlineData("""{"level": "Metadata", "verbs": ["create"], "resources": [{"group": "rbac.authorization.k8s.io"}], "omitStages": ["ResponseComplete"]}""", "SOC2", "CC6.3", "ResponseComplete omitted")]
    [InlineData("""{"level": "Metadata", "omitStages": ["ResponseStarted"], "resources": [{"group": "", "resources": ["pods/exec"]}]}""", "PCIDSS", "10.2.1.1", "ResponseStarted omitted")]
    [InlineData("""{"level": "None", "users": ["admin@example.com"], "verbs": ["get", "list"]}""", "NIST80053", "AU-3", "admin@example.com")]
    [InlineData("""{"level": "Request", "users": ["system:serviceaccount:shop:deployer"], "verbs": ["patch"], "resources": [{"group": "apps"}]}""", "STIG", "V-242403", "system:serviceaccount:shop:deployer")]
    public void One_exception_in_an_otherwise_sound_policy_is_found_and_shown(string exception, string standard, string control, string shown)
    {
        var sound = Postures.OfProfile("Forensic").Policy;
        var policy = sound with { Rules = [.. Policies.Of($"[{exception}]").Rules, .. sound.Rules] };

        Postures.Judge(Postures.Sound(sound), standard, control).Result.ShouldBe(ControlResult.Pass);
        var judgement = Postures.Judge(Postures.Sound(policy), standard, control);
        judgement.Result.ShouldBe(ControlResult.Fail);
        judgement.Reason.ShouldContain(shown);
        judgement.Reason.ShouldContain("rules[0]");
        judgement.Evidence.ShouldContain(line => line.Contains(shown, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"level": "None", "userGroups": ["system:nodes"], "verbs": ["get"], "resources": [{"group": "", "resources": ["pods"]}]}""", "NIST80053", "AU-3")]
    [InlineData("""{"level": "Metadata", "users": ["system:serviceaccount:kube-system:replicaset-controller"], "verbs": ["create"], "resources": [{"group": "", "resources": ["pods"]}]}""", "STIG", "V-242403")]
    public void An_exception_for_the_cluster_itself_fails_nothing_that_is_about_people(string exception, string standard, string control)
    {
        var sound = Postures.OfProfile("Forensic").Policy;
        var policy = sound with { Rules = [.. Policies.Of($"[{exception}]").Rules, .. sound.Rules] };

        Postures.Judge(Postures.Sound(policy), standard, control).Result.ShouldBe(ControlResult.Pass);
    }

    [Fact]
    public void A_rule_that_never_gets_a_turn_fails_nothing()
    {
        var sound = Postures.OfProfile("Forensic").Policy;
        var policy = sound with { Rules = [.. sound.Rules, .. Policies.Of("""[{"level": "RequestResponse", "resources": [{"group": "", "resources": ["secrets"]}]}]""").Rules] };

        Postures.Judge(Postures.Sound(policy), "CIS", "3.2.2").Result.ShouldBe(ControlResult.Pass);
    }

    [Theory]
    [InlineData("AuditPipelineSilent", "PCIDSS 10.2.1.6, PCIDSS 10.7.2, NIST80053 AU-5")]
    [InlineData("AuditControlsChanged", "PCIDSS 10.2.1.6, SOC2 CC7.1")]
    [InlineData("AuditForbiddenBurst", "NSA logs-monitored, ISO27001 A.8.16, NIST80053 AU-6")]
    public void An_alert_left_out_fails_what_it_stands_for(string alert, string failed)
    {
        var sound = Postures.OfProfile("Forensic");
        var posture = new Posture(sound.Policy) { NodeLogs = sound.NodeLogs, Stores = sound.Stores, Alerts = sound.Alerts.Remove(alert) };

        string.Join(", ", Postures.With(ControlResult.Fail, posture)).ShouldBe(failed);
    }

    [Theory]
    [InlineData(null, null, ControlResult.Manual)]
    [InlineData(30, null, ControlResult.Fail)] // three months at hand
    [InlineData(30, "S3", ControlResult.Fail)]
    [InlineData(90, null, ControlResult.Fail)] // twelve months altogether
    [InlineData(90, "S3", ControlResult.Manual)]
    [InlineData(365, null, ControlResult.Manual)]
    public void Retention_is_never_proved_here_but_sometimes_refuted(int? days, string? archive, ControlResult result)
    {
        var sound = Postures.OfProfile("Baseline");
        var posture = new Posture(sound.Policy) { Stores = ["VictoriaLogs"], Archive = archive, RetentionDays = days };

        Postures.Judge(posture, "PCIDSS", "10.5.1").Result.ShouldBe(result);
        Postures.Judge(Postures.Bare(sound.Policy), "PCIDSS", "10.5.1").Result.ShouldBe(ControlResult.Fail);
    }
}
