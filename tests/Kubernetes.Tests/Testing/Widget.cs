using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Tests.Testing;

/// <summary>The custom resource of these tests.</summary>
internal sealed record Widget : IKubernetesObject
{
    public string ApiVersion { get; init; } = "tests.example.dev/v1";
    public string Kind { get; init; } = "Widget";
    public ObjectMeta Metadata { get; init; } = new();
    public WidgetSpec? Spec { get; init; }
    public WidgetStatus? Status { get; init; }

    public static ResourceType<Widget> Type { get; } = new("tests.example.dev", "v1", "widgets", "Widget", Namespaced: true, Info<Widget>());

    public static ResourceType<WidgetConfig> Configs { get; } = new("", "v1", "configmaps", "ConfigMap", Namespaced: true, Info<WidgetConfig>());

    /// <summary>A widget as a server would hold it.</summary>
    public static Widget Of(string name, string version, string uid = "u1", string? @namespace = "default", long generation = 1, int size = 0) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = @namespace, Uid = uid, ResourceVersion = version, Generation = generation },
        Spec = new WidgetSpec { Size = size },
    };

    private static JsonTypeInfo<T> Info<T>() =>
        (JsonTypeInfo<T>)new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        }.GetTypeInfo(typeof(T));
}

internal sealed record WidgetSpec
{
    public int Size { get; init; }
}

internal sealed record WidgetStatus
{
    public long ObservedGeneration { get; init; }
    public IReadOnlyList<Condition>? Conditions { get; init; }
    public IReadOnlyList<Comptroller.Kubernetes.Runtime.InventoryEntry>? Inventory { get; init; }
}

internal sealed record WidgetConfig : IKubernetesObject
{
    public string ApiVersion { get; init; } = "v1";
    public string Kind { get; init; } = "ConfigMap";
    public ObjectMeta Metadata { get; init; } = new();
    public IReadOnlyDictionary<string, string>? Data { get; init; }
}
