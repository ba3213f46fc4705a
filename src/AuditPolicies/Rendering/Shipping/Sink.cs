using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>One place the events go to: an output of Fluent Bit.</summary>
public abstract record Sink
{
    /// <summary>What the sink is called in a resource, such as <c>victoriaLogs</c>; errors start with it.</summary>
    public abstract string Name { get; }

    /// <summary>Environment variables of the pod that come from Secrets. The configuration names them and never holds what is in them.</summary>
    public virtual IEnumerable<SecretVariable> Variables => [];

    /// <summary>Secrets that the pod mounts as files.</summary>
    public virtual IEnumerable<SecretMount> Mounts => [];

    /// <summary>Fluent Bit's name of the output.</summary>
    protected abstract string Plugin { get; }

    /// <summary>Everything that cannot be rendered, by field of the sink.</summary>
    public abstract IEnumerable<OptionError> Check();

    /// <summary>The section of the configuration.</summary>
    internal JsonObject Output(FluentBitOptions options)
    {
        var output = new JsonObject
        {
            ["name"] = Plugin,
            ["alias"] = Name.ToLowerInvariant(),
            ["match"] = FluentBitConfiguration.Events,
        };
        Add(output, options);
        return output;
    }

    /// <summary>What is particular to this kind of sink.</summary>
    protected abstract void Add(JsonObject output, FluentBitOptions options);

    protected OptionError Error(string field, string message) => new($"{Name}.{field}", message);
}

/// <summary>One key of a Secret in the namespace of the Fluent Bit pod.</summary>
public sealed record SecretReference(string Secret, string Key);

/// <summary>An environment variable that the pod takes from a Secret.</summary>
public sealed record SecretVariable(string Name, SecretReference Source);

/// <summary>A Secret that the pod mounts.</summary>
/// <param name="Name">Name of the volume.</param>
/// <param name="Secret">Name of the Secret.</param>
/// <param name="Key">The one key that is mounted, as <c>ca.crt</c>; null for all.</param>
/// <param name="Directory">Where, in the pod.</param>
public sealed record SecretMount(string Name, string Secret, string? Key, string Directory);
