using System.CommandLine;
using Comptroller.FalconSimulator;

var hosts = new Option<int>("--hosts") { Description = "Hosts", DefaultValueFactory = _ => 1000 };
var policies = new Option<int>("--policies") { Description = "Policies of all types together", DefaultValueFactory = _ => 50 };
var port = new Option<int>("--port") { Description = "TCP port on loopback; 0 for any free one", DefaultValueFactory = _ => 0 };
var root = new RootCommand("A Falcon API on loopback: FALCON_CLIENT_ID=simulated-client, FALCON_CLIENT_SECRET=simulated-secret") { hosts, policies, port };
root.SetAction(async (result, cancellationToken) =>
{
    await using var simulator = await Simulator.StartAsync(
        new SimulatorOptions { Hosts = result.GetValue(hosts), Policies = result.GetValue(policies), Port = result.GetValue(port) }, cancellationToken);
    await Console.Out.WriteLineAsync(simulator.Address.ToString());
    try
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }
    catch (OperationCanceledException)
    {
        return 0;
    }

    return 0;
});
return await root.Parse(args).InvokeAsync();
