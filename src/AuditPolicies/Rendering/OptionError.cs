using System.Collections.Immutable;

namespace Comptroller.AuditPolicies.Rendering;

/// <summary>An option that cannot be rendered.</summary>
/// <param name="Field">Name of the option, such as <c>endpoint</c> or <c>secretReaders[2]</c>.</param>
/// <param name="Message">What is wrong with it and what is accepted.</param>
public sealed record OptionError(string Field, string Message)
{
    public override string ToString() => $"{Field}: {Message}";
}

/// <summary>Options were rendered although their <c>Check()</c> names errors.</summary>
public sealed class OptionException(ImmutableArray<OptionError> errors) : Exception(string.Join("; ", errors))
{
    public ImmutableArray<OptionError> Errors { get; } = errors;

    internal static void ThrowIfAny(IEnumerable<OptionError> errors)
    {
        var all = errors.ToImmutableArray();
        if (!all.IsEmpty)
        {
            throw new OptionException(all);
        }
    }
}
