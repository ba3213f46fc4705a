using System.CommandLine;
using Comptroller.Crds;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Client.Configuration;

namespace Comptroller.Operator.Verbs;

/// <summary><c>crds print|apply</c>: the CRDs inside this binary. The operator itself never installs them (rule D2).</summary>
internal static class CrdsVerb
{
    public static Command Create()
    {
        var print = new Command("print", "Print the CRDs as YAML");
        print.SetAction(result => result.InvocationConfiguration.Output.Write(string.Join("---\n", CustomResourceDefinitions.Yaml.Select(file => file.Value))));

        var kubeconfig = CommonOptions.Kubeconfig();
        var context = CommonOptions.Context();
        var apply = new Command("apply", "Apply the CRDs and wait until their kinds are served") { kubeconfig, context };
        apply.SetAction(async (result, cancellationToken) =>
        {
            var cluster = await new ConfigurationLoader().LoadAsync(result.GetValue(kubeconfig), result.GetValue(context), cancellationToken);
            using var client = KubeClient.Create(cluster, new KubeClientOptions { Component = "crds" });
            await new CrdInstallation(client, TimeProvider.System, result.InvocationConfiguration.Output)
                .RunAsync(CustomResourceDefinitions.Yaml.Select(file => file.Value), cancellationToken);
            return ExitCodes.Clean;
        });

        return new Command("crds", "The CRDs inside this binary") { print, apply };
    }
}
