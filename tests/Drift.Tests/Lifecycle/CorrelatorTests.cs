using Comptroller.Drift.Comparison;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Tests.Lifecycle;

public sealed class CorrelatorTests
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    [Fact]
    public void One_user_in_two_clouds_within_the_window_is_one_and_the_id_stays_when_it_grows()
    {
        var two = Correlator.Of([Seen(2, "gcp", "google_dns_record_set", "Eve@example.com", 4), Seen(1, "aws", "aws_iam_role", "eve@example.com", 0)], Window).ShouldHaveSingleItem();
        (two.Reason, two.Key, two.Score).ShouldBe((CorrelationReason.User, "Eve@example.com", 0.8));
        two.Drifts.Select(drift => drift.Number).ShouldBe([1, 2], "oldest first");
        two.Id.ShouldStartWith("corr-20260723-100000-");
        var four = Correlator.Of([.. two.Drifts, Seen(3, "azure", "azurerm_lb", "eve@example.com", 5), Seen(4, "aws", "aws_vpc", "eve@example.com", 6)], Window).ShouldHaveSingleItem();
        (four.Id, four.Score).ShouldBe((two.Id, 1));
        four.Providers.ShouldBe(["aws", "azure", "gcp"]);
    }

    [Fact]
    public void What_is_apart_in_time_of_one_cloud_or_of_nobody_is_none()
    {
        Correlator.Of([Seen(1, "aws", "aws_iam_role", "eve", 0), Seen(2, "gcp", "google_dns_record_set", "eve", 11)], Window).ShouldBeEmpty();
        Correlator.Of([Seen(1, "aws", "aws_iam_role", "eve", 0), Seen(2, "aws", "aws_vpc", "eve", 1)], Window).ShouldBeEmpty();
        Correlator.Of([Seen(1, "aws", "aws_iam_role", "", 0), Seen(2, "gcp", "google_dns_record_set", "", 1)], Window).ShouldBeEmpty();
        Correlator.Of([], Window).ShouldBeEmpty();
    }

    [Fact]
    public void Alike_resources_of_two_clouds_are_one_that_counts_less_and_not_when_a_user_explains_it()
    {
        var found = Correlator.Of([Seen(1, "aws", "aws_security_group", "ann", 0), Seen(2, "gcp", "google_compute_firewall", "bob", 1)], Window).ShouldHaveSingleItem();
        (found.Reason, found.Key, found.Score).ShouldBe((CorrelationReason.Category, "firewall", 0.56));
        Correlator.Of([Seen(1, "aws", "aws_security_group", "ann", 0), Seen(2, "gcp", "google_compute_firewall", "ann", 1)], Window).ShouldHaveSingleItem().Reason.ShouldBe(CorrelationReason.User);
    }

    [Fact]
    public void A_long_time_is_cut_into_windows_that_begin_with_their_first_drift()
    {
        var found = Correlator.Of(
            [Seen(1, "aws", "aws_vpc", "eve", 0), Seen(2, "gcp", "google_sql_user", "eve", 9), Seen(3, "aws", "aws_iam_role", "eve", 12), Seen(4, "azure", "azurerm_lb", "eve", 20)], Window);
        found.Select(each => each.Drifts.Select(drift => drift.Number).ToArray()).ShouldBe([[3, 4], [1, 2]], "the newest first");
    }

    [Theory]
    [InlineData("aws_security_group_rule", "firewall")]
    [InlineData("azurerm_network_security_rule", "firewall")]
    [InlineData("azurerm_mssql_firewall_rule", "firewall")]
    [InlineData("google_storage_bucket_iam_binding", "iam")]
    [InlineData("azurerm_role_assignment", "iam")]
    [InlineData("aws_s3_bucket", "storage")]
    [InlineData("google_sql_database_instance", "database")]
    [InlineData("aws_eks_node_group", "kubernetes")]
    [InlineData("aws_route53_record", "dns")]
    [InlineData("aws_route_table", "network")]
    [InlineData("google_compute_global_forwarding_rule", "load_balancer")]
    [InlineData("azurerm_linux_virtual_machine", "compute")]
    [InlineData("aws_secretsmanager_secret", "secrets")]
    [InlineData("aws_sns_topic", "")]
    public void Types_are_of_a_category_whichever_the_cloud(string type, string category) => Correlator.CategoryOf(type).ShouldBe(category);

    private static DriftRecord Seen(long number, string provider, string type, string actor, int minute) => new()
    {
        Id = $"d{number}",
        Number = number,
        Kind = FindingKind.Modified,
        Provider = provider,
        Type = type,
        ResourceId = $"r-{number}",
        Address = "",
        State = "",
        Attribute = "a",
        Severity = Severity.Medium,
        Status = DriftStatus.Open,
        FirstSeen = Given.Now.AddMinutes(minute),
        LastSeen = Given.Now.AddMinutes(minute),
        Actor = actor,
    };
}
