using Comptroller.Drift.Comparison;
using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Tests.Comparison;

public sealed class JudgeTests
{
    [Theory]
    [InlineData("aws_db_instance", """{"id":"db-XYZ","identifier":"main","instance_class":"db.t3.micro"}""", """{"ct.name":"ModifyDBInstance","ct.request":"{\"dBInstanceIdentifier\":\"main\",\"dBInstanceClass\":\"db.r6g.large\"}"}""", "instance_class")]
    [InlineData("aws_ecs_service", """{"id":"arn:aws:ecs:eu:1:service/c/svc","name":"svc","cluster":"arn:aws:ecs:eu:1:cluster/c","desired_count":2}""", """{"ct.name":"UpdateService","ct.request":"{\"cluster\":\"c\",\"service\":\"svc\",\"desiredCount\":5}"}""", "desired_count")]
    [InlineData("aws_eks_node_group", """{"id":"c:n","cluster_name":"c","node_group_name":"n","scaling_config":[{"min_size":1,"max_size":2,"desired_size":1}]}""", """{"ct.name":"UpdateNodegroupConfig","ct.request":"{\"name\":\"c\",\"nodegroupName\":\"n\",\"scalingConfig\":{\"maxSize\":9}}"}""", "scaling_config")]
    [InlineData("aws_iam_policy", """{"id":"arn:aws:iam::1:policy/p","arn":"arn:aws:iam::1:policy/p","policy":"{\"Statement\":[{\"Action\":\"a\"}]}"}""", """{"ct.name":"CreatePolicyVersion","ct.src":"iam.amazonaws.com","ct.request":"{\"policyArn\":\"arn:aws:iam::1:policy/p\",\"policyDocument\":\"{\\\"Statement\\\":{\\\"Action\\\":[\\\"a\\\"]}}\"}"}""", null)]
    [InlineData("aws_s3_bucket", """{"id":"b","bucket":"b"}""", """{"ct.name":"PutBucketTagging","ct.request":"{\"bucketName\":\"b\",\"Tagging\":\"\"}"}""", Finding.WholeResource)]
    [InlineData("aws_vpc", """{"id":"vpc-1","enable_dns_support":true}""", """{"ct.name":"ModifyVpcAttribute","ct.request":"{\"vpcId\":\"vpc-1\",\"enableDnsSupport\":{\"value\":false}}"}""", "enable_dns_support")]
    [InlineData("aws_vpc", """{"id":"vpc-1","enable_dns_support":true}""", """{"ct.name":"ModifyVpcAttribute","ct.request":"{\"vpcId\":\"vpc-1\",\"enableDnsSupport\":{\"value\":true}}"}""", null)]
    [InlineData("aws_ebs_volume", """{"id":"vol-1","size":50}""", """{"ct.name":"ModifyVolume","ct.request":"{\"ModifyVolumeRequest\":{\"VolumeId\":\"vol-1\",\"Size\":100}}"}""", "size")]
    [InlineData("aws_lambda_function", """{"id":"fn","function_name":"fn"}""", """{"ct.name":"DeleteFunctionConcurrency20171031","ct.src":"lambda.amazonaws.com","ct.request":"{\"functionName\":\"arn:aws:lambda:eu:1:function:fn\"}"}""", "unmanaged")]
    public async Task Managed_resources_are_found_and_compared(string type, string attributes, string fields, string? attribute)
    {
        var findings = Given.Judged(Given.Alert(fields), await Given.State(Given.Resource(type, "x", attributes))).Findings;
        if (attribute is null)
        {
            findings.ShouldBeEmpty();
            return;
        }

        var finding = findings.ShouldHaveSingleItem();
        if (attribute == "unmanaged")
        {
            finding.Kind.ShouldBe(FindingKind.Unmanaged);
            return;
        }

        (finding.Kind, finding.Attribute, finding.Type).ShouldBe((FindingKind.Modified, attribute, type));
    }

    [Fact]
    public async Task Deletion_of_what_is_managed_is_drift_and_of_what_is_not_is_none()
    {
        var state = await Given.State(Given.Resource("aws_vpc", "main", """{"id":"vpc-1"}"""));
        var deleted = Given.Judged(Given.Alert("""{"ct.name":"DeleteVpc","ct.request":"{\"vpcId\":\"vpc-1\"}"}"""), state).Findings.Single();
        (deleted.Kind, deleted.Severity, deleted.Address).ShouldBe((FindingKind.Deleted, Severity.High, "aws_vpc.main"));
        Given.Judged(Given.Alert("""{"ct.name":"DeleteVpc","ct.request":"{\"vpcId\":\"vpc-2\"}"}"""), state).Outcome.ShouldBe(Outcome.Gone);
    }

    [Fact]
    public async Task A_part_that_no_state_has_is_a_change_of_the_whole_that_one_has()
    {
        var state = await Given.State(Given.Resource("aws_iam_role", "r", """{"id":"r","name":"r"}"""));
        var finding = Given.Judged(Given.Alert("""{"ct.name":"AttachRolePolicy","ct.request":"{\"roleName\":\"r\",\"policyArn\":\"arn:aws:iam::aws:policy/AdministratorAccess\"}"}"""), state).Findings.Single();
        (finding.Type, finding.Attribute, finding.Severity, finding.Kind).ShouldBe(("aws_iam_role", "attached_policy_arn", Severity.Critical, FindingKind.Modified));
    }

    [Fact]
    public async Task An_attachment_that_a_state_has_is_no_drift()
    {
        var state = await Given.State(Given.Resource("aws_iam_role_policy_attachment", "a", """{"id":"r-2026","role":"r","policy_arn":"arn:aws:iam::aws:policy/ReadOnlyAccess"}"""));
        Given.Judged(Given.Alert("""{"ct.name":"AttachRolePolicy","ct.request":"{\"roleName\":\"r\",\"policyArn\":\"arn:aws:iam::aws:policy/ReadOnlyAccess\"}"}"""), state).Outcome.ShouldBe(Outcome.Agrees);
    }

    [Fact]
    public async Task Paths_outweigh_short_names_of_Google_Cloud()
    {
        var state = await Given.State(Given.Resource("google_compute_instance", "vm", """{"id":"projects/p/zones/z-1/instances/vm","name":"vm","labels":{"env":"prod"}}"""));
        string Alert(string path) => Given.Alert($$$"""{"gcp.methodName":"v1.compute.instances.setLabels","gcp.resourceName":"{{{path}}}","gcp.request":"{\"labels\":{\"env\":\"dev\"}}"}""", "gcp_auditlog");
        Given.Judged(Alert("projects/p/zones/z-1/instances/vm"), state).Findings.Single().Attribute.ShouldBe("labels");
        Given.Judged(Alert("projects/1234/zones/z-1/instances/vm"), state).Findings.Single().Attribute.ShouldBe("labels", "a project has a number as well");
        Given.Judged(Alert("projects/p/zones/z-2/instances/vm"), state).Findings.Single().Kind.ShouldBe(FindingKind.Unmanaged);
    }

    [Fact]
    public async Task Azure_ids_have_no_case_and_no_fixed_type()
    {
        var state = await Given.State(Given.Resource("azurerm_linux_virtual_machine", "vm", """{"id":"/subscriptions/S/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/vm","name":"vm"}"""));
        var finding = Given.Judged(Given.Alert("""{"azure.operationName":"Microsoft.Compute/virtualMachines/write","azure.resourceId":"/subscriptions/s/resourcegroups/rg/providers/microsoft.compute/virtualmachines/VM"}""", "azure_activity"), state).Findings.Single();
        (finding.Type, finding.Kind).ShouldBe(("azurerm_linux_virtual_machine", FindingKind.Modified));
    }

    [Fact]
    public async Task A_name_that_two_resources_have_is_nobodys()
    {
        var state = await Given.State(
            Given.Resource("aws_lambda_function", "a", """{"id":"a","function_name":"fn","arn":"arn:aws:lambda:eu-west-1:1:function:fn"}"""),
            Given.Resource("aws_lambda_function", "b", """{"id":"b","function_name":"fn","arn":"arn:aws:lambda:us-east-1:1:function:fn"}"""));
        const string Fields = """{"ct.name":"UpdateFunctionConfiguration","ct.request":"{\"functionName\":\"fn\",\"timeout\":9}"REGION}""";
        Given.Judged(Given.Alert(Fields.Replace("REGION", "", StringComparison.Ordinal)), state).Outcome.ShouldBe(Outcome.Ambiguous);
        Given.Judged(Given.Alert(Fields.Replace("REGION", ",\"ct.region\":\"us-east-1\"", StringComparison.Ordinal)), state).Findings.Single().Address.ShouldBe("aws_lambda_function.b");
    }

    [Fact]
    public async Task An_event_of_a_cloud_that_no_state_is_about_says_nothing()
    {
        var state = await Given.State(Given.Resource("aws_vpc", "v", """{"id":"vpc-1"}"""));
        Given.Judged(Given.Alert("""{"gcp.methodName":"storage.buckets.update","gcp.resourceName":"projects/_/buckets/b"}""", "gcp_auditlog"), state).Outcome.ShouldBe(Outcome.OutOfScope);
    }

    [Theory]
    [InlineData("""{"ipProtocol":"-1","ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]}}""", Severity.Critical)]
    [InlineData("""{"ipProtocol":"tcp","fromPort":443,"toPort":443,"ipv6Ranges":{"items":[{"cidrIpv6":"::/0"}]}}""", Severity.High)]
    [InlineData("""{"ipProtocol":"tcp","fromPort":22,"toPort":22,"ipRanges":{"items":[{"cidrIp":"203.0.113.7/32"}]}}""", Severity.Medium)]
    public async Task What_a_rule_opens_decides_how_much_it_matters(string permission, Severity severity)
    {
        var state = await Given.State(Given.Resource("aws_security_group", "web", """{"id":"sg-1","ingress":[]}"""));
        var request = $$$"""{"groupId":"sg-1","ipPermissions":{"items":[{{{permission}}}]}}""".Replace("\"", "\\\"", StringComparison.Ordinal);
        Given.Judged(Given.Alert($$"""{"ct.name":"AuthorizeSecurityGroupIngress","ct.request":"{{request}}"}"""), state).Findings.Single().Severity.ShouldBe(severity);
    }

    [Fact]
    public async Task A_rule_that_the_state_has_is_no_drift_and_taking_it_away_is()
    {
        var state = await Given.State(Given.Resource("aws_security_group", "web", """{"id":"sg-1","ingress":[{"protocol":"tcp","from_port":443,"to_port":443,"cidr_blocks":["10.0.0.0/8"],"self":true}]}"""));
        const string Request = """{\"groupId\":\"sg-1\",\"ipPermissions\":{\"items\":[{\"ipProtocol\":\"6\",\"fromPort\":443,\"toPort\":443,\"groups\":{\"items\":[{\"groupId\":\"sg-1\"}]}}]}}""";
        Given.Judged(Given.Alert($$"""{"ct.name":"AuthorizeSecurityGroupIngress","ct.request":"{{Request}}"}"""), state).Outcome.ShouldBe(Outcome.Agrees);
        var revoked = Given.Judged(Given.Alert($$"""{"ct.name":"RevokeSecurityGroupIngress","ct.request":"{{Request}}"}"""), state).Findings.Single();
        revoked.Old.GetRawText().ShouldContain("sg-1");
        Values.IsEmpty(revoked.New).ShouldBeTrue();
    }

    [Fact]
    public async Task Terraform_itself_is_quiet_by_user_agent_or_role_and_only_by_both_where_that_is_asked()
    {
        var state = await Given.State(Given.Resource("aws_instance", "i", """{"id":"i-1","instance_type":"t3.micro"}"""));
        string Alert(string more) => Given.Alert($$"""{"ct.name":"ModifyInstanceAttribute","ct.request.instanceid":"i-1","ct.request.instancetype":"t3.large"{{more}}}""");
        const string Agent = ""","ct.useragent":"APN/1.0 HashiCorp/1.0 Terraform/1.9.0 (+https://www.terraform.io)" """;
        const string Role = ""","ct.user.arn":"arn:aws:sts::1:assumed-role/terraform-ci/run-7" """;
        Given.Judged(Alert(""), state).Findings.Single().Suppression.ShouldBeNull();
        Given.Judged(Alert(Agent), state).Findings.Single().Suppression.ShouldBe("iac");
        Given.Judged(Alert(Role), state).Findings.Single().Suppression.ShouldBe("iac");
        var both = RuleBook.Default with { Iac = new IacIdentities { RequireBoth = true } };
        Given.Judged(Alert(Agent), state, both).Findings.Single().Suppression.ShouldBeNull();
        Given.Judged(Alert(Agent + Role), state, both).Findings.Single().Suppression.ShouldBe("iac");
    }

    [Fact]
    public async Task Secrets_are_shown_neither_by_name_nor_by_mark_nor_inside_documents()
    {
        var state = await Given.State(
            Given.Resource("aws_ecs_task_definition", "t", """{"id":"app","family":"app","container_definitions":"[]"}"""));
        var request = """{"family":"app","containerDefinitions":[{"name":"c","environment":[{"name":"DB_PASSWORD","value":"hunter2"}]}]}""".Replace("\"", "\\\"", StringComparison.Ordinal);
        var finding = Given.Judged(Given.Alert($$"""{"ct.name":"RegisterTaskDefinition","ct.request":"{{request}}"}"""), state).Findings.First(each => each.Attribute == "container_definitions");
        finding.New.GetRawText().ShouldNotContain("hunter2");
        finding.New.GetRawText().ShouldContain("(sensitive)");
    }

    [Fact]
    public async Task Rules_with_wildcards_raise_and_lower_and_ignore_rules_and_windows_silence()
    {
        var state = await Given.State(Given.Resource("aws_instance", "i", """{"id":"i-1","instance_type":"t3.micro","tags":{"env":"dev"}}""", ",\"module\":\"module.legacy\""));
        var alert = Given.Alert("""{"ct.name":"ModifyInstanceAttribute","ct.request.instanceid":"i-1","ct.request.instancetype":"t3.large","ct.user":"bob"}""");
        Finding One(RuleBook rules) => Given.Judged(alert, state, rules).Findings.Single();
        var low = RuleBook.Default with { Rules = [new DriftRule("quiet", [new Wildcard("aws_*")], [new Wildcard("*_type")], Severity.Low)] };
        (One(low).Severity, One(low).Rules.Single()).ShouldBe((Severity.Low, "quiet"));
        foreach (var rule in (IgnoreRule[])
        [
            new IgnoreRule { Name = "n", Addresses = [new Wildcard("module.legacy.*")] },
            new IgnoreRule { Name = "n", Tags = ["env=dev"] },
            new IgnoreRule { Name = "n", Actors = [new Wildcard("bob")], Types = [new Wildcard("aws_instance")] },
        ])
        {
            One(RuleBook.Default with { Ignore = [rule] }).Suppression.ShouldBe("ignore: n");
            One(RuleBook.Default with { Ignore = [rule with { Until = Given.Now }] }).Suppression.ShouldBeNull("it has run out");
        }

        One(RuleBook.Default with { Ignore = [new IgnoreRule { Name = "n", Tags = ["env=prod"] }] }).Suppression.ShouldBeNull();
        // The event is of a Thursday, 09:40 UTC.
        One(RuleBook.Default with { Windows = [new MaintenanceWindow("w", null, null, [DayOfWeek.Thursday], new TimeOnly(9, 0), new TimeOnly(10, 0))] }).Suppression.ShouldBe("window: w");
        One(RuleBook.Default with { Windows = [new MaintenanceWindow("w", null, null, [DayOfWeek.Wednesday], new TimeOnly(22, 0), new TimeOnly(9, 30))] }).Suppression.ShouldBeNull();
        One(RuleBook.Default with { Windows = [new MaintenanceWindow("w", null, null, [DayOfWeek.Wednesday], new TimeOnly(22, 0), new TimeOnly(9, 50))] }).Suppression.ShouldBe("window: w");
    }

    [Theory]
    [InlineData("null", "\"\"", true)]
    [InlineData("[]", "{}", true)]
    [InlineData("null", "false", false)]
    [InlineData("30", "\"30\"", true)]
    [InlineData("30", "\"30.0\"", true)]
    [InlineData("9007199254740993", "\"9007199254740992\"", false)]
    [InlineData("true", "\"TRUE\"", true)]
    [InlineData("true", "\"yes\"", false)]
    [InlineData("\"a\"", "\"A\"", false)]
    [InlineData("[1,2]", "[\"1\",\"2\"]", true)]
    [InlineData("[1,2]", "[2,1]", false)]
    [InlineData("""{"a":1,"b":null}""", """{"a":"1"}""", true)]
    [InlineData("""{"a":1}""", """{"a":1,"b":2}""", false)]
    [InlineData(""" "{\"Statement\":[{\"Action\":[\"b\",\"a\"]}]}" """, """ "{ \"Statement\": {\"Action\": [\"a\",\"b\"]} }" """, true)]
    [InlineData(""" "{\"Action\":\"a\"}" """, """{"Action":["a"]}""", true)]
    public void Values_are_the_same_by_what_they_mean(string left, string right, bool same)
    {
        Values.Same(Given.Json(left), Given.Json(right)).ShouldBe(same);
        Values.Same(Given.Json(right), Given.Json(left)).ShouldBe(same);
    }
}
