using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Comptroller.CrdGen;
using Comptroller.Crds.AuditBackups;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Crds.DriftWatches;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Crds.Schema;

namespace Comptroller.Crds.Tests;

public sealed partial class CrdTests
{
    private static readonly Type[] Kinds = [typeof(AuditBackup), typeof(AuditPolicy), typeof(DriftWatch), typeof(PolicyAuditSchedule)];

    private static readonly string[] Names = [.. Kinds.Select(kind => kind.GetCustomAttribute<ResourceAttribute>()!.Plural)];

    public static TheoryData<string> Plurals => new(Names);

    [Fact]
    public void D1_generated_files_are_up_to_date() => new Tree(Repository.Root).Compare(GeneratedFiles.All()).ShouldBeEmpty();

    [Fact]
    public void D1_generation_gives_the_same_bytes_each_time() => GeneratedFiles.All().ShouldBe(GeneratedFiles.All());

    [Fact]
    public void D2_the_binary_carries_the_crds_of_the_repository() =>
        CustomResourceDefinitions.Yaml.ShouldBe(Names.Select(plural => KeyValuePair.Create($"comptroller.dev_{plural}.yaml", Repository.Text(PathOf(plural)))));

    [Theory, MemberData(nameof(Plurals))]
    public void D3_every_string_list_and_map_is_bounded(string plural)
    {
        foreach (var (path, schema, _) in SchemaWalk.Nodes(SchemaOf(plural)))
        {
            switch ((string?)schema["type"])
            {
                case "string" when schema["enum"] is null && (string?)schema["format"] != "date-time":
                    schema.ContainsKey("maxLength").ShouldBeTrue(path);
                    break;
                case "array":
                    schema.ContainsKey("maxItems").ShouldBeTrue(path);
                    schema.ContainsKey("x-kubernetes-list-type").ShouldBeTrue(path);
                    break;
                case "object" when schema["properties"] is null:
                    schema.ContainsKey("maxProperties").ShouldBeTrue(path);
                    break;
                default:
                    schema["type"].ShouldNotBeNull(path);
                    break;
            }
        }
    }

    [Theory, MemberData(nameof(Plurals))]
    public void D1_no_node_is_nullable(string plural) =>
        SchemaWalk.Nodes(SchemaOf(plural)).ShouldAllBe(node => !node.Schema.ContainsKey("nullable"));

    [Theory, MemberData(nameof(Plurals))]
    public void Every_field_explains_itself(string plural)
    {
        foreach (var (path, schema, _) in SchemaWalk.Nodes(SchemaOf(plural)).Where(node => !node.Path.EndsWith("[]", StringComparison.Ordinal) && !node.Path.EndsWith("{}", StringComparison.Ordinal)))
        {
            var description = (string?)schema["description"];
            description.ShouldNotBeNull(path);
            description.ShouldEndWith(".", customMessage: path);
        }
    }

    [Theory, MemberData(nameof(Plurals))]
    public void D3_cel_rules_name_fields_that_exist_and_fit_the_budget_of_the_api_server(string plural)
    {
        // The server estimates a rule's cost from the sizes it may meet, times how often it may run, and refuses the CRD above ten
        // million. A tenth of that leaves room for how it counts.
        const long Budget = 1_000_000;
        var rules = 0;
        foreach (var (path, schema, count) in SchemaWalk.Nodes(SchemaOf(plural)))
        {
            foreach (var rule in schema["x-kubernetes-validations"] as JsonArray ?? [])
            {
                rules++;
                var text = (string)rule!["rule"]!;
                var cost = Reference().Matches(text).Sum(match => Cost(schema, match.Value, $"{path}: {text}"));
                (cost * count).ShouldBeLessThan(Budget, $"{path}: {text}");
                ((string)rule["message"]!).ShouldNotContain('\n');
                if ((string?)rule["fieldPath"] is { } field)
                {
                    Resolve(schema, field.Split('.', StringSplitOptions.RemoveEmptyEntries)).ShouldNotBeNull($"{path}: {field}");
                }
            }
        }

        rules.ShouldBeGreaterThan(3);
    }

    [Theory, MemberData(nameof(Plurals))]
    public void D6_a_new_object_is_in_progress_until_it_was_looked_at(string plural) =>
        SchemaOf(plural)["properties"]!["status"]!["default"]!.ToJsonString().ShouldBe("""{"observedGeneration":-1}""");

    [Theory]
    [InlineData("auditbackups", "Ready", "Status", "Last-Success", "Size", "Verified", "Age")]
    [InlineData("auditpolicies", "Ready", "Status", "Rules", "Findings", "Hash", "Age")]
    [InlineData("policyauditschedules", "Ready", "Status", "Score", "Compliant", "Last-Success", "Age")]
    public void At_most_six_columns_all_of_existing_fields(string plural, params string[] names)
    {
        var columns = Repository.Yaml(PathOf(plural))["spec"]!["versions"]![0]!["additionalPrinterColumns"]!.AsArray();
        columns.Select(column => (string)column!["name"]!).ShouldBe(names);
        foreach (var path in columns.Select(column => (string)column!["jsonPath"]!).Where(path => path.StartsWith(".status", StringComparison.Ordinal)))
        {
            var segments = Filter().Replace(path, "[]").Split('.', StringSplitOptions.RemoveEmptyEntries);
            Resolve(SchemaOf(plural), segments).ShouldNotBeNull(path);
        }
    }

    [Fact]
    public void The_client_addresses_what_the_crds_serve()
    {
        foreach (var (kind, type) in Kinds.Zip<Type, Kubernetes.Client.ResourceType>([ResourceTypes.AuditBackups, ResourceTypes.AuditPolicies, ResourceTypes.DriftWatches, ResourceTypes.PolicyAuditSchedules]))
        {
            var resource = kind.GetCustomAttribute<ResourceAttribute>()!;
            (type.Group, type.Version, type.Kind, type.Plural, type.Namespaced)
                .ShouldBe((resource.Group, resource.Version, resource.Kind, resource.Plural, resource.Scope == ResourceScope.Namespaced));
        }
    }

    private static string PathOf(string plural) => $"config/crd/comptroller.dev_{plural}.yaml";

    private static JsonObject SchemaOf(string plural) => SchemaWalk.Of(Repository.Yaml(PathOf(plural)));

    private static long Cost(JsonObject self, string reference, string context)
    {
        var segments = reference.Split('.')[1..];
        if (segments is ["metadata", "name", ..])
        {
            return 253;
        }

        var node = Resolve(self, segments);
        node.ShouldNotBeNull($"{context}: {reference}");
        return (string?)node["type"] == "string" ? (long?)node["maxLength"] ?? 64 : 1;
    }

    /// <summary>The node below, by field names; a name with <c>[]</c> steps into the items of its list.</summary>
    private static JsonObject? Resolve(JsonObject? schema, IEnumerable<string> segments)
    {
        foreach (var segment in segments)
        {
            schema = schema?["properties"]?[segment.Replace("[]", "", StringComparison.Ordinal)] as JsonObject;
            schema = segment.EndsWith("[]", StringComparison.Ordinal) ? schema?["items"] as JsonObject : schema;
        }

        return schema;
    }

    /// <summary><c>self</c> and the fields after it, without a method called on it.</summary>
    [GeneratedRegex(@"\bself(?:\.[A-Za-z0-9]+(?![A-Za-z0-9(]))*", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Reference();

    [GeneratedRegex(@"\[\?.*?\]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Filter();
}
