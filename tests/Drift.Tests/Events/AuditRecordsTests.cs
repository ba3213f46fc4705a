using System.Text;
using Comptroller.Drift.Events;

namespace Comptroller.Drift.Tests.Events;

public sealed class AuditRecordsTests
{
    private const string Terminate = """
        {"eventName":"TerminateInstances","eventSource":"ec2.amazonaws.com","eventTime":"2026-07-23T09:00:00Z","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.9","userAgent":"console",
         "recipientAccountId":"1","requestID":"q","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/Admin/eve@example.com","principalId":"A:eve@example.com","accountId":"1"},
         "requestParameters":{"instancesSet":{"items":[{"instanceId":"i-1"},{"instanceId":"i-2"}]}},"responseElements":{}}
        """;

    [Fact]
    public void Of_an_operation_of_Google_Cloud_that_is_logged_twice_the_beginning_counts()
    {
        const string Entry = """{"protoPayload":{"methodName":"v1.compute.instances.setMachineType","resourceName":"projects/p/zones/europe-west1-b/instances/vm"REQUEST},"operation":{"id":"operation-1","producer":"compute.googleapis.com",PLACE}}""";
        Given.Understood(Entry.Replace("REQUEST", ""","request":{"machineType":"zones/europe-west1-b/machineTypes/e2-small"}""", StringComparison.Ordinal).Replace("PLACE", "\"first\":true", StringComparison.Ordinal)).Single().Events.ShouldHaveSingleItem();
        Given.Understood(Entry.Replace("REQUEST", "", StringComparison.Ordinal).Replace("PLACE", "\"last\":true", StringComparison.Ordinal)).Single().Reason.ShouldBe(DropReason.Irrelevant);
        Given.Understood(Entry.Replace("REQUEST", "", StringComparison.Ordinal).Replace("PLACE", "\"first\":true,\"last\":true", StringComparison.Ordinal)).Single().Events.ShouldHaveSingleItem("what is done at once is logged once");
    }

    [Fact]
    public void A_CloudTrail_record_about_several_resources_is_several_changes_with_all_that_is_known()
    {
        var events = Given.Understood(Terminate).Single().Events;
        events.Select(change => (change.Type, change.Id, change.Action)).ShouldBe([("aws_instance", "i-1", ChangeAction.Delete), ("aws_instance", "i-2", ChangeAction.Delete)]);
        var one = events[0];
        (one.Actor.Name, one.Actor.Role, one.Actor.Type, one.Account, one.Region, one.SourceAddress, one.UserAgent, one.RequestId, one.Time).ShouldBe(
            ("eve@example.com", "Admin", "AssumedRole", "1", "eu-west-1", "203.0.113.9", "console", "q", new DateTimeOffset(2026, 7, 23, 9, 0, 0, TimeSpan.Zero)));
    }

    [Fact]
    public void CloudTrail_files_EventBridge_and_lists_of_alerts_are_read()
    {
        Given.Understood($$"""{"Records":[{{Terminate}},{{Terminate}}]}""").Sum(each => each.Events.Length).ShouldBe(4);
        Given.Understood($$"""{"version":"0","detail-type":"AWS API Call via CloudTrail","detail":{{Terminate}}}""").Single().Source.ShouldBe("eventbridge");
        var alert = Given.Alert("""{"ct.name":"DeleteVpc","ct.request":"{\"vpcId\":\"vpc-1\"}"}""");
        Given.Understood($"[{alert},{alert}]").Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("UpdateFunctionConfiguration20150331v2", "aws_lambda_function", "UpdateFunctionConfiguration")]
    [InlineData("CreateFunction20150331", "aws_lambda_function", "CreateFunction")]
    public void Dates_of_API_versions_are_no_part_of_a_name(string name, string type, string plain)
    {
        var change = Given.Event(Given.Alert($$"""{"ct.name":"{{name}}","ct.src":"lambda.amazonaws.com","ct.request":"{\"functionName\":\"fn\",\"timeout\":60}"}"""));
        (change.Type, change.Id, change.Name).ShouldBe((type, "fn", plain));
    }

    [Theory]
    [InlineData("""{"ct.name":"DescribeVpcs","ct.request":"{}"}""", DropReason.ReadOnly)]
    [InlineData("""{"ct.name":"DeleteVpc","ct.readonly":"true","ct.request":"{\"vpcId\":\"vpc-1\"}"}""", DropReason.ReadOnly)]
    [InlineData("""{"ct.name":"DeleteVpc","ct.error":"AccessDenied","ct.request":"{\"vpcId\":\"vpc-1\"}"}""", DropReason.FailedCall)]
    [InlineData("""{"ct.name":"DeleteVpc","ct.error":"<NA>","ct.request":"{\"vpcId\":\"vpc-1\"}"}""", DropReason.None)]
    [InlineData("""{"ct.name":"SendHeartbeat"}""", DropReason.Irrelevant)]
    [InlineData("""{"ct.name":"DeleteVpc","ct.request":"{\"vpcId\":"}""", DropReason.NoId)]
    [InlineData("{}", DropReason.Irrelevant)]
    public void What_is_dropped_has_a_reason(string fields, DropReason reason) => Given.Understood(Given.Alert(fields)).Single().Reason.ShouldBe(reason);

    [Fact]
    public void A_source_that_is_no_cloud_is_dropped_and_one_that_is_missing_refused()
    {
        Given.Understood(Given.Alert("{}", "syscall")).Single().Reason.ShouldBe(DropReason.UnknownSource);
        Should.Throw<FormatException>(() => Given.Understood("""{"output_fields":{},"rule":"r"}""")).Message.ShouldContain("\"source\" is required");
    }

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("{", "not JSON")]
    [InlineData("7", "must be an object")]
    [InlineData("[{}]", "[0]: neither an alert")]
    [InlineData("""{"source":"aws_cloudtrail","output_fields":"x"}""", "must be an object")]
    [InlineData("""{"message":{"data":"!!"}}""", "base64")]
    [InlineData("[[[[[[{}]]]]]]", "nested too deeply")]
    public void What_is_no_record_is_refused_with_a_reason(string body, string message) => Should.Throw<FormatException>(() => Given.Understood(body)).Message.ShouldContain(message);

    [Fact]
    public void The_group_of_a_peer_is_not_the_group_that_was_changed()
    {
        var request = """{\"ipPermissions\":{\"items\":[{\"groups\":{\"items\":[{\"groupId\":\"sg-peer\"}]}}]}}""";
        Given.Understood(Given.Alert($$"""{"ct.name":"AuthorizeSecurityGroupIngress","ct.request":"{{request}}"}""")).Single().Reason.ShouldBe(DropReason.NoId);
    }

    [Theory]
    [InlineData("ModifySecurityGroupRules", """{\"ModifySecurityGroupRulesRequest\":{\"GroupId\":\"sg-1\",\"SecurityGroupRule\":{\"SecurityGroupRuleId\":\"sgr-1\"}}}""", "aws_security_group_rule", "sg-1")]
    [InlineData("ModifyVolume", """{\"ModifyVolumeRequest\":{\"VolumeId\":\"vol-1\",\"Size\":100}}""", "aws_ebs_volume", "vol-1")]
    [InlineData("PutBucketVersioning", """{\"bucketName\":\"b\",\"VersioningConfiguration\":{\"Status\":\"Suspended\"}}""", "aws_s3_bucket_versioning", "b")]
    [InlineData("UpdateNodegroupConfig", """{\"name\":\"x\",\"clusterName\":\"c\",\"nodegroupName\":\"n\"}""", "aws_eks_node_group", "n")]
    public void Ids_are_found_in_wrappers_and_under_the_names_CloudTrail_uses(string name, string request, string type, string id)
    {
        var change = Given.Event(Given.Alert($$"""{"ct.name":"{{name}}","ct.request":"{{request}}"}"""));
        (change.Type, change.Id).ShouldBe((type, id));
    }

    [Fact]
    public void Ids_that_only_the_answer_has_are_found()
    {
        Given.Event(Given.Alert("""{"ct.name":"CreateVpc","ct.response":"{\"vpc\":{\"vpcId\":\"vpc-9\"}}"}""")).Id.ShouldBe("vpc-9");
        Given.Event("""{"eventName":"RunInstances","eventSource":"ec2.amazonaws.com","requestParameters":{"instancesSet":{"items":[{"imageId":"ami-1"}]}},"responseElements":{"instancesSet":{"items":[{"instanceId":"i-9"}]}}}""").Id.ShouldBe("i-9");
    }

    [Theory]
    [InlineData("CreateTable", "glue.amazonaws.com", "aws_glue_catalog_table")]
    [InlineData("CreateTable", "", "aws_dynamodb_table")]
    [InlineData("DeleteAlias", "lambda.amazonaws.com", "aws_lambda_alias")]
    [InlineData("DeletePolicy", "iam.amazonaws.com", "aws_iam_policy")]
    [InlineData("DeletePolicy", "autoscaling.amazonaws.com", "aws_autoscaling_policy")]
    public void The_service_decides_what_a_name_means(string name, string source, string type) => Given.Event(Given.Alert(
        $$"""{"ct.name":"{{name}}","ct.src":"{{source}}","ct.request.tablename":"t","ct.request.aliasname":"t","ct.request.name":"t","ct.request.policyarn":"arn:p","ct.request.policyname":"p"}""")).Type.ShouldBe(type);

    [Fact]
    public void Deleting_a_part_is_not_deleting_the_whole()
    {
        Given.Event(Given.Alert("""{"ct.name":"DeleteBucketEncryption","ct.request":"{\"bucketName\":\"b\"}"}""")).Action.ShouldBe(ChangeAction.Update);
        Given.Event(Given.Alert("""{"ct.name":"DeleteBucket","ct.request":"{\"bucketName\":\"b\"}"}""")).Action.ShouldBe(ChangeAction.Delete);
        Given.Event(Given.Alert("""{"ct.name":"DeleteDBCluster","ct.request":"{\"dBClusterIdentifier\":\"c\"}"}""")).Action.ShouldBe(ChangeAction.Delete);
    }

    [Fact]
    public void Google_Cloud_is_read_from_its_own_log_and_from_Pub_Sub()
    {
        const string Entry = """
            {"protoPayload":{"methodName":"beta.compute.instances.setLabels","resourceName":"projects/p/zones/europe-west1-b/instances/vm","authenticationInfo":{"principalEmail":"eve@example.com"},
             "requestMetadata":{"callerIp":"203.0.113.9","callerSuppliedUserAgent":"gcloud"},"request":{"labels":{"env":"dev"}}},"resource":{"labels":{"project_id":"p"}},"timestamp":"2026-07-23T09:00:00Z","insertId":"x"}
            """;
        var change = Given.Event(Entry);
        (change.Type, change.Id, change.Actor.Name, change.Region, change.Zone, change.Account).ShouldBe(
            ("google_compute_instance", "projects/p/zones/europe-west1-b/instances/vm", "eve@example.com", "europe-west1", "europe-west1-b", "p"));
        change.Ids.ShouldContain("vm");
        var pushed = $$$"""{"message":{"data":"{{{Convert.ToBase64String(Encoding.UTF8.GetBytes(Entry))}}}"},"subscription":"s"}""";
        Given.Event(pushed).Id.ShouldBe(change.Id);
        Given.Understood(Entry.Replace("\"request\"", "\"status\":{\"code\":7},\"request\"", StringComparison.Ordinal)).Single().Reason.ShouldBe(DropReason.FailedCall);
    }

    [Fact]
    public void Azure_is_read_from_diagnostic_settings_and_Event_Grid_in_any_case()
    {
        const string Path = "/SUBSCRIPTIONS/S/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/N";
        var record = $$$$"""{"operationName":"MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/WRITE","resourceId":"{{{{Path}}}}","resultType":"Success","time":"2026-07-23T09:00:00Z","identity":{"claims":{"name":"eve"}}}""";
        var change = Given.Understood($$"""{"records":[{{record}}]}""").Single().Events.Single();
        (change.Type, change.Id, change.Account, change.ResourceGroup, change.Actor.Name).ShouldBe(("azurerm_network_security_group", Path, "S", "RG", "eve"));
        Given.Understood(record.Replace("Success", "Start", StringComparison.Ordinal)).Single().Reason.ShouldBe(DropReason.Irrelevant);
        Given.Understood(record.Replace("Success", "Failed", StringComparison.Ordinal)).Single().Reason.ShouldBe(DropReason.FailedCall);
        Given.Understood("""[{"eventType":"Microsoft.Resources.ResourceWriteSuccess","eventTime":"2026-07-23T09:00:00Z","data":{"operationName":"Microsoft.Compute/disks/write","resourceUri":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d","status":"Succeeded"}}]""")
            .Single().Events.Single().Type.ShouldBe("azurerm_managed_disk");
    }

    [Theory]
    [InlineData("role", null, "arn:aws:sts::1:assumed-role/role/human", null, "human")]
    [InlineData("role", "human", "arn:aws:sts::1:assumed-role/role/session", null, "human")]
    [InlineData(null, null, "arn:aws:sts::1:assumed-role/role", null, "role")]
    [InlineData("alice", null, "arn:aws:iam::1:user/alice", "AIDA", "alice")]
    [InlineData(null, null, "arn:aws:iam::1:root", null, "root")]
    [InlineData(null, null, null, "AROA:human", "human")]
    [InlineData(null, null, null, null, "")]
    public void The_human_behind_a_role_is_the_actor(string? user, string? original, string? arn, string? principal, string name) =>
        Actor.OfAws(user, original, null, arn, principal).Name.ShouldBe(name);

    [Fact]
    public void The_tables_know_more_calls_than_any_list_of_the_replaced_tool()
    {
        EventTables.Count(Provider.Aws).ShouldBeGreaterThan(469);
        EventTables.Count(Provider.Gcp).ShouldBeGreaterThan(179);
        EventTables.Count(Provider.Azure).ShouldBeGreaterThanOrEqualTo(190);
    }
}
