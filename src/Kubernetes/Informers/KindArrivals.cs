using System.Collections.Concurrent;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Kubernetes.Informers;

/// <summary>
/// Tells reflectors whose kind the server does not serve when to ask again: once a CustomResourceDefinition of that name comes. Otherwise
/// each would ask twice a minute for as long as nobody installs the kind, and a kind that comes would be seen half a minute late.
/// </summary>
public sealed class KindArrivals
{
    /// <summary>Asked again after this time in any case: a kind may come through an aggregated API, which has no definition.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<string, TaskCompletionSource> waiting = new(StringComparer.Ordinal);

    public KindArrivals(IKubeClient client, RuntimeContext context)
    {
        time = context.Time;
        // Without the right to watch definitions everything works as without this class, so nobody has to wait for it.
        Definitions = new Informer<PartialObjectMetadata>(
            client,
            KubernetesTypes.MetadataOf(KubernetesTypes.CustomResourceDefinitions),
            new InformerOptions<PartialObjectMetadata> { Required = false, Trim = NameOnly },
            context);
        Definitions.AddHandler(Tell);
    }

    /// <summary>The cache of the definitions' names, to be run by the host.</summary>
    public Informer<PartialObjectMetadata> Definitions { get; }

    /// <summary>Waits until it is worth asking again for a kind that was not served.</summary>
    /// <param name="definition">Name of its definition, such as <c>vmrules.operator.victoriametrics.com</c>.</param>
    /// <param name="pause">How long to wait where its definition exists, and is perhaps not established, or where definitions cannot be watched.</param>
    /// <param name="cancellationToken">Ends the wait with an <see cref="OperationCanceledException"/>.</param>
    public async Task WaitAsync(string definition, TimeSpan pause, CancellationToken cancellationToken)
    {
        var told = waiting.GetOrAdd(definition, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var isAbsent = Definitions.HasSynced && !Definitions.Store.TryGet(new ObjectKey("", definition), out _);
        try
        {
            await told.Task.WaitAsync(isAbsent ? Longest : pause, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Nothing was told; ask all the same.
        }
    }

    private void Tell(ObjectChange<PartialObjectMetadata> change)
    {
        if (!change.IsDeleted && waiting.TryRemove(change.Key.Name, out var told))
        {
            told.SetResult();
        }
    }

    private static PartialObjectMetadata NameOnly(PartialObjectMetadata definition) => definition with
    {
        Metadata = new ObjectMeta { Name = definition.Metadata.Name, Uid = definition.Metadata.Uid, ResourceVersion = definition.Metadata.ResourceVersion },
    };
}
