using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using Comptroller.CrdGen;
using Comptroller.Crds.Schema;

namespace Comptroller.Crds.Tests;

public sealed class SchemaGenerationTests
{
    private static readonly XmlDocs Docs = XmlDocs.Of(typeof(Widget).Assembly);

    [Fact]
    public void Attributes_become_the_schema_they_name()
    {
        var golden = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "testdata", "widget.yaml"));
        YamlText.Write(CrdBuilder.Build(typeof(Widget), Docs)).ShouldBe(golden);
    }

    [Fact]
    public void The_written_yaml_reads_back_as_what_was_written()
    {
        var crd = CrdBuilder.Build(typeof(Widget), Docs);
        JsonNode.DeepEquals(Repository.ParseYaml(YamlText.Write(crd)), crd).ShouldBeTrue();
    }

    [Theory]
    [InlineData("true")]
    [InlineData("No")]
    [InlineData("null")]
    [InlineData("~")]
    [InlineData("1.30")]
    [InlineData("0x1F")]
    [InlineData("1e3")]
    [InlineData("")]
    [InlineData("a: b")]
    [InlineData("a #b")]
    [InlineData("ends with colon:")]
    [InlineData("it's")]
    [InlineData("- dash")]
    [InlineData("*")]
    [InlineData("two\nlines")]
    public void Text_that_yaml_would_read_as_something_else_is_quoted(string text)
    {
        var node = new JsonObject { ["value"] = text };
        Repository.ParseYaml(YamlText.Write(node))["value"]!.GetValue<string>().ShouldBe(text);
    }

    [Theory]
    [InlineData(typeof(Unbounded), "Unbounded.Text is unbounded: give it [StringLength]")]
    [InlineData(typeof(UnboundedList), "UnboundedList.Texts is unbounded: give it [Items]")]
    [InlineData(typeof(UnboundedItems), "UnboundedItems.Texts is a list of strings: set MaxLength or Allowed in [Items]")]
    [InlineData(typeof(UnsharedList), "UnsharedList.Texts is a list: say with [ListMapKey], [SetList] or [AtomicList] how appliers share it")]
    [InlineData(typeof(Undocumented), "Undocumented.Count has no summary: kubectl explain would be empty")]
    [InlineData(typeof(Unknown), "Unknown.Value is a Double, which has no schema")]
    public void D3_what_is_unbounded_undocumented_or_unknown_stops_the_generator(Type type, string message) =>
        Should.Throw<InvalidOperationException>(() => new SchemaBuilder(Docs).Object(type, defaults: true)).Message.ShouldEndWith(message);

    [Fact]
    public void The_status_has_no_defaults_but_the_generation_that_was_not_observed_yet()
    {
        var status = SchemaWalk.Of(CrdBuilder.Build(typeof(Widget), Docs))["properties"]!["status"]!.AsObject();
        status["default"]!.ToJsonString().ShouldBe("""{"observedGeneration":-1}""");
        status["properties"]!["observedGeneration"]!.AsObject().ContainsKey("default").ShouldBeFalse();
    }

    public sealed record Unbounded
    {
        /// <summary>Text.</summary>
        public string? Text { get; init; }
    }

    public sealed record UnboundedList
    {
        /// <summary>Texts.</summary>
        public IReadOnlyList<string>? Texts { get; init; }
    }

    public sealed record UnboundedItems
    {
        /// <summary>Texts.</summary>
        [AtomicList, Items(3)]
        public IReadOnlyList<string>? Texts { get; init; }
    }

    public sealed record UnsharedList
    {
        /// <summary>Texts.</summary>
        [Items(3, MaxLength = 3)]
        public IReadOnlyList<string>? Texts { get; init; }
    }

    public sealed record Undocumented
    {
        [Range(0, 1)]
        public int Count { get; init; }
    }

    public sealed record Unknown
    {
        /// <summary>A float: the API conventions forbid it.</summary>
        public double Value { get; init; }
    }
}
