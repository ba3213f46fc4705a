using System.CommandLine;
using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Client.Configuration;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.Verbs;

/// <summary><c>crds print|apply</c>: the CRDs inside this binary. The operator itself never installs them (rule D2).</summary>
internal static class CrdsVerb
{
    private const string FieldManager = "comptroller-crds";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Command Create()
    {
        var print = new Command("print", "Print the CRDs as YAML");
        print.SetAction(_ => Console.Out.Write(string.Join("---\n", CustomResourceDefinitions.Yaml.Select(file => file.Value))));

        var kubeconfig = CommonOptions.Kubeconfig();
        var context = CommonOptions.Context();
        var apply = new Command("apply", "Apply the CRDs and wait until their kinds are served") { kubeconfig, context };
        apply.SetAction((result, cancellationToken) => ApplyAsync(result.GetValue(kubeconfig), result.GetValue(context), cancellationToken));

        return new Command("crds", "The CRDs inside this binary") { print, apply };
    }

    private static async Task<int> ApplyAsync(string? kubeconfig, string? context, CancellationToken cancellationToken)
    {
        using var client = KubeClient.Create(await new ConfigurationLoader().LoadAsync(kubeconfig, context, cancellationToken), new KubeClientOptions { Component = "crds" });
        foreach (var (file, text) in CustomResourceDefinitions.Yaml)
        {
            var document = (JsonObject)YamlReader.ReadFirst(text).Root!;
            var name = (string)document["metadata"]!["name"]!;
            var applied = await client.ApplyAsync(KubernetesTypes.CustomResourceDefinitions, null, name, document, new ApplyOptions(FieldManager), cancellationToken);
            if (!await IsServedAsync(client, applied, KubernetesTypes.DefinedBy(document), cancellationToken))
            {
                await Console.Error.WriteLineAsync($"{name} ({file}) was not served within {Patience.TotalSeconds} s: kubectl describe crd {name}");
                return ExitCodes.Errors;
            }

            Console.WriteLine($"customresourcedefinition/{name} applied");
        }

        return ExitCodes.Clean;
    }

    private static async Task<bool> IsServedAsync(KubeClient client, CustomResourceDefinition definition, ResourceType type, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await UntilEstablishedAsync(client, definition, patience.Token);
            await client.UntilServedAsync(type, TimeProvider.System, patience.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static async Task UntilEstablishedAsync(KubeClient client, CustomResourceDefinition definition, CancellationToken cancellationToken)
    {
        while (!definition.IsEstablished())
        {
            var watch = new WatchOptions
            {
                ResourceVersion = definition.Metadata.ResourceVersion ?? "",
                Timeout = Patience,
                FieldSelector = $"metadata.name={definition.Metadata.Name}",
            };
            await foreach (var change in client.WatchAsync(KubernetesTypes.CustomResourceDefinitions, null, watch, cancellationToken))
            {
                definition = change.Object ?? definition;
                if (definition.IsEstablished())
                {
                    break;
                }
            }
        }
    }
}
