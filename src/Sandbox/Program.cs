using System.CommandLine;
using Comptroller.Sandbox.Try;

var once = new Option<bool>("--once") { Description = "Exit as soon as all samples are Ready: 0, or 1 with the reasons when they are not in time" };
var timeout = new Option<int>("--timeout") { Description = "Seconds that --once waits", DefaultValueFactory = _ => 120 };
var port = new Option<int>("--port") { Description = "Port on loopback; 0 takes a free one", DefaultValueFactory = _ => 0 };
var kubeconfig = new Option<string>("--kubeconfig") { Description = "Where to write the kubeconfig", DefaultValueFactory = _ => Path.Combine(".comptroller", "kubeconfig") };
var serveOnly = new Option<bool>("--serve-only") { Description = "The API server with the CRDs alone: no samples, no operator" };
timeout.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int>() < 1)
    {
        result.AddError("--timeout must be at least 1 second");
    }
});
port.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int>() is < 0 or > 65535)
    {
        result.AddError("--port must lie between 0 and 65535");
    }
});

var root = new RootCommand("An embedded Kubernetes API server on loopback with Comptroller running against it") { once, timeout, port, kubeconfig, serveOnly };
root.SetAction((result, cancellationToken) => TryIt.RunAsync(
    new TryOptions
    {
        Once = result.GetValue(once),
        Timeout = TimeSpan.FromSeconds(result.GetValue(timeout)),
        Port = result.GetValue(port),
        KubeconfigPath = Path.GetFullPath(result.GetValue(kubeconfig)!),
        ServeOnly = result.GetValue(serveOnly),
    },
    cancellationToken));
// Everything that runs is stopped in order after Ctrl-C, however long that takes.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = Timeout.InfiniteTimeSpan });
