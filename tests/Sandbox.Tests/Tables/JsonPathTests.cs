using System.Text.Json.Nodes;
using Comptroller.Sandbox.Tables;

namespace Comptroller.Sandbox.Tests.Tables;

public sealed class JsonPathTests
{
    private static readonly JsonNode Item = JsonNode.Parse("""
        {"metadata": {"labels": {"app.example.dev/name": "x"}},
         "status": {"conditions": [{"type": "Other", "status": "False"}, {"type": "Ready", "status": "True"}], "ports": [80, 443]}}
        """)!;

    [Theory]
    [InlineData(".status.conditions[?(@.type==\"Ready\")].status", "True")]
    [InlineData(".status.conditions[?(@.type=='Ready')].status", "True")]
    [InlineData(".status.conditions[?(@.type!=\"Ready\")].status", "False")]
    [InlineData(".status.conditions[0].type", "Other")]
    [InlineData(".status.conditions[-1].type", "Ready")]
    [InlineData(".status.ports[*]", "80")]
    [InlineData(".metadata.labels.app\\.example\\.dev/name", "x")]
    [InlineData(".metadata.labels['app.example.dev/name']", "x")]
    [InlineData(".status.conditions[?(@.type==\"Absent\")].status", null)]
    [InlineData(".status.nothing.here", null)]
    public void A_path_finds_its_first_value(string path, string? expected)
    {
        JsonPath.TryParse(path, out var parsed, out var error).ShouldBeTrue(error);
        parsed!.First(Item)?.ToString().ShouldBe(expected);
    }

    [Theory]
    [InlineData(".a[")]
    [InlineData(".a[x]")]
    [InlineData("a.b")]
    public void A_broken_path_is_refused(string path) => JsonPath.TryParse(path, out _, out _).ShouldBeFalse();
}
