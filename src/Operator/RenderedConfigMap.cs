using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Operator;

/// <summary>A ConfigMap that holds rendered files.</summary>
internal static class RenderedConfigMap
{
    /// <summary>Keeps Flux from reading <c>${...}</c> of a rendered file as a variable of its own, when someone commits what `render` printed.</summary>
    private const string NoSubstitution = "kustomize.toolkit.fluxcd.io/substitute";

    public static DesiredObject Of(ObjectMeta owner, string name, JsonObject files) => new(RenderedKinds.ConfigMaps, new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = owner.Namespace,
            ["annotations"] = new JsonObject { [NoSubstitution] = "disabled" },
        },
        ["data"] = files,
    });
}
