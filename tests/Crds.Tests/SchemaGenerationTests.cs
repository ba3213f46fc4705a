using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.CrdGen;
using Comptroller.Crds.Schema;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Crds.Tests;

public sealed class SchemaGenerationTests
{
    private static readonly XmlDocs Docs = XmlDocs.Of(typeof(Widget).Assembly);

    [Fact]
    public void Attributes_become_the_schema_they_name()
    {
        var golden = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "testdata", "widget.yaml"));
        YamlWriter.Write(CrdBuilder.Build(typeof(Widget), Docs)).ShouldBe(golden);
    }

    [Fact]
    public void The_written_yaml_reads_back_as_what_was_written()
    {
        var crd = CrdBuilder.Build(typeof(Widget), Docs);
        JsonNode.DeepEquals(Repository.ParseYaml(YamlWriter.Write(crd)), crd).ShouldBeTrue();
    }

    [Fact]
    public void Descriptions_are_wrapped_and_their_paragraphs_kept()
    {
        var text = $"{string.Concat(Enumerable.Repeat("word ", 30))}end.\n\nSecond {new string('x', 90)} paragraph.";
        var wrapped = Prose.Wrap(text);
        wrapped.Split('\n').Where(line => !line.Contains("xxx", StringComparison.Ordinal)).ShouldAllBe(line => line.Length <= 72);
        Prose.Unwrap(wrapped).ShouldBe(text);
    }

    [Theory]
    [InlineData(typeof(Condition))]
    [InlineData(typeof(InventoryEntry))]
    public void Types_of_the_runtime_have_a_schema_for_every_property(Type type) =>
        SharedSchemas.Of(type)!["properties"]!.AsObject().Select(property => property.Key).Order(StringComparer.Ordinal)
            .ShouldBe(type.GetProperties().Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name)).Order(StringComparer.Ordinal));

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
