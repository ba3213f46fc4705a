using System.Net;
using Comptroller.Archive.Objects;

namespace Comptroller.Archive.Tests.Objects;

public sealed class EndpointGuardTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.9.1")]
    [InlineData("0.0.0.0")]
    [InlineData("169.254.169.254")]
    [InlineData("100.100.100.200")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("fe80::1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("2002:7f00:1::")]
    [InlineData("fd00:ec2::254")]
    public void What_only_this_machine_may_reach_is_refused(string address) => EndpointGuard.IsAllowed(IPAddress.Parse(address)).ShouldBeFalse();

    [Theory]
    [InlineData("10.1.2.3")]
    [InlineData("192.168.1.10")]
    [InlineData("52.95.110.1")]
    [InlineData("fd12:3456::1")]
    [InlineData("2600:1f18::1")]
    public void Stores_in_private_and_public_networks_are_reached(string address) => EndpointGuard.IsAllowed(IPAddress.Parse(address)).ShouldBeTrue();

    [Theory]
    [InlineData("http://2130706433/")]
    [InlineData("http://0x7f000001/")]
    [InlineData("http://127.1/")]
    [InlineData("http://localhost/")]
    [InlineData("http://[::ffff:127.0.0.1]/")]
    public async Task A_connection_there_is_refused_however_the_address_is_written(string url)
    {
        using var client = new HttpClient(EndpointGuard.Handler(allowLocal: false));
        var refused = await Should.ThrowAsync<HttpRequestException>(() => client.GetAsync(new Uri(url)));
        refused.InnerException.ShouldBeOfType<ObjectStoreException>().Message.ShouldContain("where no object store of a user may be");
    }

    [Fact]
    public async Task A_name_that_means_another_address_the_second_time_is_looked_at_again()
    {
        var answers = new Queue<IPAddress>([IPAddress.Parse("127.0.0.1"), IPAddress.Parse("169.254.169.254"), IPAddress.Parse("::ffff:10.0.0.1"), IPAddress.Parse("::1")]);
        using var client = new HttpClient(EndpointGuard.Handler(allowLocal: false, (_, _) => Task.FromResult<IPAddress[]>([answers.Dequeue()]))) { Timeout = TimeSpan.FromSeconds(5) };
        for (var i = 0; i < 2; i++)
        {
            (await Should.ThrowAsync<HttpRequestException>(() => client.GetAsync(new Uri("http://store.example/")))).InnerException.ShouldBeOfType<ObjectStoreException>();
        }
    }

    [Fact]
    public async Task Of_several_addresses_only_those_that_are_allowed_are_tried()
    {
        // The allowed one is of a network for documentation, where nobody answers; the other one would.
        await using var local = Testing.ScriptedServer.Start(_ => Testing.Answer.Of(200));
        using var client = new HttpClient(EndpointGuard.Handler(allowLocal: false, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("192.0.2.1"), IPAddress.Loopback]))) { Timeout = TimeSpan.FromSeconds(2) };
        await Should.ThrowAsync<Exception>(() => client.GetAsync(new Uri($"http://store.example:{local.Endpoint.Port}/")));
        local.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("ftp://store", "https is needed")]
    [InlineData("http://store", "https is needed")]
    [InlineData("https://user:secret@store", "no user or password")]
    [InlineData("https://store/?a=b", "no query")]
    [InlineData("store", "not a URL")]
    public void An_endpoint_is_a_plain_https_address(string endpoint, string problem)
    {
        var refused = Should.Throw<FormatException>(() => EndpointGuard.Check(endpoint, allowPlain: false));
        refused.Message.ShouldContain(problem);
        refused.Message.ShouldNotContain("secret");
    }
}
