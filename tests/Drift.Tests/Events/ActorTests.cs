using Comptroller.Drift.Events;

namespace Comptroller.Drift.Tests.Events;

/// <summary>The human behind a call, wherever its log hides them.</summary>
public sealed class ActorTests
{
    private const string Session = "arn:aws:sts::1:assumed-role/AWSReservedSSO_Admin_0a1b/alice@example.com";

    [Theory]
    [InlineData("Admin", "alice@example.com", "AssumedRole", Session, "AROA:alice@example.com", "alice@example.com", "AWSReservedSSO_Admin_0a1b")]
    [InlineData("Admin", null, "AssumedRole", Session, null, "alice@example.com", "AWSReservedSSO_Admin_0a1b")]
    [InlineData("Admin", null, "AssumedRole", null, "AROA:bob", "bob", "")]
    [InlineData("Admin", null, "AssumedRole", null, null, "Admin", "")]
    [InlineData("Admin", null, "AssumedRole", "arn:aws:sts::1:assumed-role/Admin", null, "Admin", "Admin")]
    [InlineData(null, null, "IAMUser", "arn:aws:iam::1:user/team/carol", "AIDA", "carol", "")]
    [InlineData("carol", null, "IAMUser", "arn:aws:iam::1:user/team/carol", "AIDA", "carol", "")]
    [InlineData(null, null, "Root", "arn:aws:iam::1:root", "1", "root", "")]
    public void Of_an_alert_of_Falco(string? user, string? original, string type, string? arn, string? principal, string name, string role)
    {
        var actor = Actor.OfAws(user, original, type, arn, principal);
        (actor.Name, actor.Role, actor.Type, actor.PrincipalId).ShouldBe((name, role, type, principal ?? ""));
    }

    [Fact]
    public void Of_a_record_of_CloudTrail_the_source_identity_goes_before_the_session()
    {
        var change = Given.Event("""
            {"eventName":"DeleteVpc","eventSource":"ec2.amazonaws.com","awsRegion":"eu-west-1","requestID":"r","requestParameters":{"vpcId":"vpc-1"},"userIdentity":{"type":"AssumedRole","principalId":"AROA:ci-run-7",
             "arn":"arn:aws:sts::1:assumed-role/Deploy/ci-run-7","accountId":"1","sessionContext":{"sessionIssuer":{"type":"Role","userName":"Deploy"},"sourceIdentity":"dave@example.com"}}}
            """);
        (change.Actor.Name, change.Actor.Role, change.Actor.PrincipalId, change.Account, change.RequestId).ShouldBe(("dave@example.com", "Deploy", "AROA:ci-run-7", "1", "r"));
    }

    [Fact]
    public void A_session_without_an_ARN_has_the_role_that_issued_it()
    {
        var change = Given.Event("""
            {"eventName":"DeleteVpc","eventSource":"ec2.amazonaws.com","requestParameters":{"vpcId":"vpc-1"},"userIdentity":{"type":"AssumedRole","principalId":"AROA:erin","accountId":"1","sessionContext":{"sessionIssuer":{"userName":"Deploy"}}}}
            """);
        (change.Actor.Name, change.Actor.Role).ShouldBe(("erin", "Deploy"));
    }
}
