using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Fields;

/// <summary>Checks that ownership of every part of an applied object can be told. It is no validation of values: that follows after the merge.</summary>
internal static class TypedValidation
{
    /// <summary>The problems, each with its path, in the words of the server; empty when there are none.</summary>
    public static IReadOnlyList<string> Check(Schema schema, JsonNode? value)
    {
        List<string>? problems = null;
        Check(schema, value, Trail.Root, ref problems);
        return problems ?? [];
    }

    /// <summary>One problem as it is, several as a list.</summary>
    public static string Describe(IReadOnlyList<string> problems) => problems.Count == 1 ? problems[0] : $"errors:\n  {string.Join("\n  ", problems)}";

    private static void Check(Schema schema, JsonNode? value, Trail path, ref List<string>? problems)
    {
        switch (Typing.ShapeOf(schema, value))
        {
            case Shape.Scalar:
                if (Typing.ScalarProblem(schema, value) is { } problem)
                {
                    Add(ref problems, path, problem);
                }
                break;
            case Shape.List when value is JsonArray list:
                CheckList(schema, list, path, ref problems);
                break;
            case Shape.Map when value is JsonObject map:
                foreach (var (name, child) in map)
                {
                    var below = path.To(PathElement.Field(name));
                    if (Typing.ChildOf(schema, name) is { } childSchema)
                    {
                        Check(childSchema, child, below, ref problems);
                    }
                    else
                    {
                        Add(ref problems, below, "field not declared in schema");
                    }
                }
                break;
            case var shape when value is not null:
                Add(ref problems, path, $"expected {(shape == Shape.List ? "list" : "map")}, got &{{{GoText.Of(value)}}}");
                break;
        }
    }

    private static void CheckList(Schema schema, JsonArray list, Trail path, ref List<string>? problems)
    {
        var atomic = Typing.IsAtomicList(schema);
        var seen = atomic ? null : new HashSet<PathElement>(list.Count);
        for (var i = 0; i < list.Count; i++)
        {
            var element = new PathElement(PathElementKind.Index, i.ToString(System.Globalization.CultureInfo.InvariantCulture));
            if (!atomic)
            {
                if (!Typing.TryIdentify(schema, list[i], out element, out var problem))
                {
                    Add(ref problems, path, $"element {i.ToString(System.Globalization.CultureInfo.InvariantCulture)}: {problem}");
                    return;
                }
                if (!seen!.Add(element))
                {
                    Add(ref problems, path, $"duplicate entries for key {element}");
                }
            }
            Check(Typing.ItemOf(schema), list[i], path.To(element), ref problems);
        }
    }

    private static void Add(ref List<string>? problems, Trail path, string problem) => (problems ??= []).Add($"{path}: {problem}");

    /// <summary>A path that becomes text only when there is a problem to report.</summary>
    private sealed class Trail
    {
        private readonly Trail? _parent;
        private readonly PathElement _element;

        private Trail(Trail? parent, PathElement element)
        {
            _parent = parent;
            _element = element;
        }

        public static Trail Root { get; } = new(null, default);

        public Trail To(PathElement next) => new(this, next);

        public override string ToString() => _parent is null ? "." : _parent._parent is null ? _element.ToString() : $"{_parent}{_element}";
    }
}
