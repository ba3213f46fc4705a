namespace Comptroller.Sandbox.Controllers;

/// <summary>Something that works beside the requests: garbage collection, namespace deletion, the life of CustomResourceDefinitions.</summary>
internal interface IController
{
    /// <summary>Runs until cancelled. An exception that leaves it is shown on stderr and ends the controller, not the server.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
