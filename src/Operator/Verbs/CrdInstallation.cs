using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.Verbs;

/// <summary>Applies CRDs and waits until the server serves their kinds, saying what it waits for.</summary>
internal sealed class CrdInstallation(IKubeClient client, TimeProvider time, TextWriter output)
{
    /// <summary>For each wait of each CRD.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const string FieldManager = "comptroller-crds";

    /// <param name="manifests">One CRD each, as YAML.</param>
    /// <param name="cancellationToken">Ends requests and waits.</param>
    /// <exception cref="InvalidInputException">A kind is not served in time; the message has the server's reason.</exception>
    public async Task RunAsync(IEnumerable<string> manifests, CancellationToken cancellationToken)
    {
        foreach (var manifest in manifests)
        {
            var document = (JsonObject)YamlReader.ReadFirst(manifest).Root!;
            var name = (string)document["metadata"]!["name"]!;
            var definition = await client.ApplyAsync(
                KubernetesTypes.CustomResourceDefinitions, null, name, document, new ApplyOptions(FieldManager), cancellationToken);
            await output.WriteLineAsync($"customresourcedefinition/{name} applied");
            await UntilEstablishedAsync(definition, cancellationToken);
            await UntilServedAsync(name, KubernetesTypes.DefinedBy(document), cancellationToken);
        }
    }

    private async Task UntilEstablishedAsync(CustomResourceDefinition definition, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        var name = definition.Metadata.Name;
        var told = "";
        try
        {
            while (!definition.IsEstablished())
            {
                if (definition.WhyNotEstablished() is var reason && reason != told)
                {
                    await output.WriteLineAsync($"waiting for the server to establish {name}: {told = reason}");
                }

                definition = await NextAsync(definition, either.Token);
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            throw new InvalidInputException(
                [$"{name} is not Established after {Patience.TotalSeconds} s: {definition.WhyNotEstablished()}; look at: kubectl describe crd {name}"]);
        }
    }

    /// <summary>The definition after its next change, or as it was when the watch ended without one.</summary>
    private async Task<CustomResourceDefinition> NextAsync(CustomResourceDefinition definition, CancellationToken cancellationToken)
    {
        var watch = new WatchOptions
        {
            ResourceVersion = definition.Metadata.ResourceVersion ?? "",
            Timeout = Patience,
            FieldSelector = $"metadata.name={definition.Metadata.Name}",
        };
        await foreach (var change in client.WatchAsync(KubernetesTypes.CustomResourceDefinitions, null, watch, cancellationToken))
        {
            if (change is { Type: WatchEventType.Deleted })
            {
                throw new InvalidInputException([$"{definition.Metadata.Name} was deleted while it was waited for: apply again"]);
            }

            if (change is { Type: not WatchEventType.Bookmark, Object: { } now })
            {
                return now;
            }
        }

        return definition;
    }

    /// <summary>The server says Established somewhat before it answers for the kind.</summary>
    private async Task UntilServedAsync(string name, ResourceType type, CancellationToken cancellationToken)
    {
        await output.WriteLineAsync($"waiting for the server to serve {type} in version {type.Version}");
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await client.UntilServedAsync(type, time, either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            throw new InvalidInputException(
                [$"{name} is Established, but the server does not serve {type} in version {type.Version} after {Patience.TotalSeconds} s: apply again"]);
        }

        await output.WriteLineAsync($"customresourcedefinition/{name} is served");
    }
}
