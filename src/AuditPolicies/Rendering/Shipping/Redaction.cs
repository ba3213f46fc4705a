using System.Collections.Immutable;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>What events lose before they leave the node. The file on the node keeps everything.</summary>
public sealed record Redaction
{
    /// <summary>
    /// Resources whose request and response bodies are removed. No resources means the whole group, a name includes its subresources, and
    /// <c>*</c> is every resource. Resource names are not considered.
    /// </summary>
    public ImmutableArray<GroupResources> Bodies { get; init; } = [];

    /// <summary>Annotations whose values are masked: those of the event and, at any depth, those of objects in bodies.</summary>
    public ImmutableArray<string> Annotations { get; init; } = [];

    /// <summary>Keys of the user's extra information whose values are masked, for impersonated users too.</summary>
    public ImmutableArray<string> UserExtra { get; init; } = [];

    public IEnumerable<OptionError> Check()
    {
        if (Bodies.IsEmpty && Annotations.IsEmpty && UserExtra.IsEmpty)
        {
            yield return new OptionError("redaction", "removes nothing; name bodies, annotations or userExtra, or remove it");
        }

        foreach (var (index, entry) in Bodies.Index())
        {
            if (entry.Group.Length > 0 && !AcceptedText.Resource(entry.Group))
            {
                yield return new OptionError($"redaction.bodies[{index}].group", $"\"{entry.Group}\" must be the name of an API group");
            }

            foreach (var (position, resource) in entry.Resources.Index().Where(item => !AcceptedText.Resource(item.Item)))
            {
                yield return new OptionError($"redaction.bodies[{index}].resources[{position}]", $"\"{resource}\" must be a resource such as secrets or serviceaccounts/token");
            }
        }

        foreach (var (list, keys) in new[] { ("annotations", Annotations), ("userExtra", UserExtra) })
        {
            foreach (var (index, key) in keys.Index().Where(item => !AcceptedText.AnnotationKey(item.Item)))
            {
                yield return new OptionError($"redaction.{list}[{index}]", $"\"{key}\" must be a key of letters, digits and . _ - /");
            }
        }
    }
}
