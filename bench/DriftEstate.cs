using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Comptroller.Bench;

/// <summary>
/// A cloud of five kinds of AWS resources as a Terraform state, and alerts about it as Falco's HTTP output sends them: with every field
/// that our rules put out, 1 to 2 kB each. Alert number n is about resource n, again from the start when they are used up.
/// </summary>
internal sealed class DriftEstate(int resources)
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    public int Resources => resources;

    /// <summary>Writes the state.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="padding">Bytes of text that every resource has besides.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task WriteStateAsync(string path, int padding, CancellationToken cancellationToken)
    {
        await using var file = new StreamWriter(path);
        await file.WriteAsync("""{"version":4,"terraform_version":"1.9.0","serial":1,"lineage":"bench","outputs":{},"resources":[""");
        var text = new string('x', padding);
        for (var number = 0; number < resources; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (type, attributes) = Attributes(number);
            await file.WriteAsync(string.Create(Invariant, $$$$"""
                {{{{(number == 0 ? "" : ",")}}}}{"module":"module.team_{{{{number % 100}}}}","mode":"managed","type":"{{{{type}}}}","name":"r{{{{number}}}}","provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[{"schema_version":1,"attributes":{{{{{attributes}}}},"tags":{"team":"{{{{number % 100}}}}","note":"{{{{text}}}}"}}}]}
                """));
        }

        await file.WriteAsync("]}");
    }

    /// <summary>An alert.</summary>
    /// <param name="number">Which; about the resource of that number.</param>
    /// <param name="round">Differs where an alert is to be another one about the same change: its time and its request are others.</param>
    public byte[] Alert(int number, int round)
    {
        number %= resources;
        var (name, source, request) = Call(number);
        var time = DateTimeOffset.UnixEpoch.AddSeconds(1_790_000_000 + round).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", Invariant);
        var user = string.Create(Invariant, $"person-{number % 40}");
        var quoted = JsonEncodedText.Encode(request, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();
        return Encoding.UTF8.GetBytes(string.Create(Invariant, $$$"""
            {"uuid":"{{{number:x8}}}-0000-4000-8000-{{{round:x12}}}","output":"{{{time}}}: Warning Cloud resource changed outside Terraform (user={{{user}}} call={{{name}}} service={{{source}}} region=eu-west-1 ip=203.0.113.{{{number % 250}}} agent=console.amazonaws.com)","priority":"Warning","rule":"Cloud resource changed","time":"{{{time}}}","source":"aws_cloudtrail","tags":["aws","cloud","terraform","drift"],"hostname":"falco-7d9c5","output_fields":{"ct.id":"{{{round:x8}}}-{{{number:x4}}}-4c1e-9b7d-000000000000","ct.error":null,"ct.time":"{{{time}}}","ct.src":"{{{source}}}","ct.name":"{{{name}}}","ct.user":"operations","ct.originaluser":"{{{user}}}","ct.user.identitytype":"AssumedRole","ct.user.arn":"arn:aws:sts::123456789012:assumed-role/operations/{{{user}}}","ct.user.principalid":"AROA0123456789ABCDEFG:{{{user}}}","ct.user.accountid":"123456789012","ct.region":"eu-west-1","ct.srcip":"203.0.113.{{{number % 250}}}","ct.useragent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 console.amazonaws.com","ct.readonly":"false","ct.requestid":"{{{number:x8}}}-{{{round:x4}}}-4a53-8f6e-0123456789ab","ct.request":"{{{quoted}}}","ct.response":"{\"requestId\":\"{{{number:x8}}}-{{{round:x4}}}-4a53-8f6e-0123456789ab\",\"_return\":true}","evt.time":"{{{time}}}"}}
            """));
    }

    private static string Id(int number) => number.ToString("x17", Invariant);

    private static (string Type, string Attributes) Attributes(int number) => (number % 10) switch
    {
        < 4 => ("aws_security_group", $$"""
            "id":"sg-{{Id(number)}}","arn":"arn:aws:ec2:eu-west-1:123456789012:security-group/sg-{{Id(number)}}","name":"group-{{number}}","description":"Managed by Terraform","vpc_id":"vpc-{{Id(number % 50)}}","owner_id":"123456789012","ingress":[{"protocol":"tcp","from_port":443,"to_port":443,"cidr_blocks":["10.0.0.0/8"],"ipv6_cidr_blocks":[],"security_groups":[],"self":false,"description":""}],"egress":[],"revoke_rules_on_delete":false
            """),
        < 7 => ("aws_instance", $$"""
            "id":"i-{{Id(number)}}","arn":"arn:aws:ec2:eu-west-1:123456789012:instance/i-{{Id(number)}}","ami":"ami-0123456789abcdef0","instance_type":"t3.micro","availability_zone":"eu-west-1a","subnet_id":"subnet-{{Id(number % 200)}}","private_ip":"10.0.0.1","vpc_security_group_ids":["sg-{{Id(number / 10 * 10)}}"],"disable_api_termination":true,"ebs_optimized":false,"monitoring":false,"source_dest_check":true,"root_block_device":[{"volume_size":8,"volume_type":"gp3","encrypted":true}]
            """),
        7 => ("aws_s3_bucket_policy", $$"""
            "id":"bucket-{{number}}","bucket":"bucket-{{number}}","policy":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::123456789012:root\"},\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::bucket-{{number}}/*\"}]}"
            """),
        8 => ("aws_iam_role", $$"""
            "id":"role-{{number}}","arn":"arn:aws:iam::123456789012:role/role-{{number}}","name":"role-{{number}}","path":"/","max_session_duration":3600,"assume_role_policy":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"ec2.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}"
            """),
        _ => ("aws_db_instance", $$"""
            "id":"db-{{number}}","arn":"arn:aws:rds:eu-west-1:123456789012:db:db-{{number}}","identifier":"db-{{number}}","engine":"postgres","engine_version":"16.3","instance_class":"db.t3.medium","allocated_storage":100,"multi_az":true,"publicly_accessible":false,"backup_retention_period":14,"deletion_protection":true,"vpc_security_group_ids":["sg-{{Id(number / 10 * 10)}}"]
            """),
    };

    private static (string Name, string Source, string Request) Call(int number) => (number % 10) switch
    {
        < 4 => ("AuthorizeSecurityGroupIngress", "ec2.amazonaws.com", $$$$"""
            {"groupId":"sg-{{{{Id(number)}}}}","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":22,"toPort":22,"groups":{},"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0","description":"for now"}]},"ipv6Ranges":{},"prefixListIds":{}}]}}
            """),
        < 7 => ("ModifyInstanceAttribute", "ec2.amazonaws.com", $$$"""{"instanceId":"i-{{{Id(number)}}}","disableApiTermination":{"value":false}}"""),
        7 => ("PutBucketPolicy", "s3.amazonaws.com", $$"""
            {"bucketName":"bucket-{{number}}","Host":"bucket-{{number}}.s3.eu-west-1.amazonaws.com","bucketPolicy":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket-{{number}}/*"}]},"policy":""}
            """),
        8 => ("UpdateAssumeRolePolicy", "iam.amazonaws.com", $$"""
            {"roleName":"role-{{number}}","policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::210987654321:root\"},\"Action\":\"sts:AssumeRole\"}]}"}
            """),
        _ => ("ModifyDBInstance", "rds.amazonaws.com", $$"""{"dBInstanceIdentifier":"db-{{number}}","publiclyAccessible":true,"applyImmediately":true,"allowMajorVersionUpgrade":false}"""),
    };
}
