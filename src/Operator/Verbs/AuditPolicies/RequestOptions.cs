using System.CommandLine;
using Comptroller.AuditPolicies.Evaluation;

namespace Comptroller.Operator.Verbs.AuditPolicies;

/// <summary>A request as options: who, and either method and URL or what an API server makes of them.</summary>
internal sealed class RequestOptions
{
    // The API groups without a dot. No resource is called like one of them, so that apps/deployments cannot be meant as a subresource.
    private static readonly string[] ShortGroups = ["apps", "batch", "autoscaling", "policy", "extensions"];

    private readonly Option<string?> _user = new("--user") { Description = "Name of the authenticated user; never an impersonated one" };
    private readonly Option<bool> _unauthenticated = new("--unauthenticated") { Description = "The credentials are refused (401): there is no user" };
    private readonly Option<string[]> _groups = new("--group") { Description = "A group of the user; may be repeated. Those the API server adds itself are added", DefaultValueFactory = _ => [] };
    private readonly Option<string?> _verb = new("--verb") { Description = "get, list, watch, create, update, patch, delete, deletecollection; for --path the method in lower case (get when absent)" };
    private readonly Option<string?> _resource = new("--resource") { Description = "secrets, pods/exec, deployments.apps/scale, or with the group in front: apps/deployments/scale" };
    private readonly Option<string?> _namespace = new("--namespace") { Description = "Namespace; none for cluster-scoped objects and lists over all namespaces" };
    private readonly Option<string?> _name = new("--name") { Description = "Name of the object; none for create, list and deletecollection" };
    private readonly Option<string?> _path = new("--path") { Description = "Path of a request that is not about a resource, such as /healthz" };
    private readonly Option<string?> _method = new("--method") { Description = "HTTP method of --url (GET when absent)" };
    private readonly Option<string?> _url = new("--url") { Description = "Path and query; verb, resource and the rest are derived from it, as the API server does" };

    public IEnumerable<Option> All => [_user, _unauthenticated, _groups, _verb, _resource, _namespace, _name, _path, _method, _url];

    public bool AreGiven(ParseResult result) => All.Any(option => result.GetResult(option) is { Implicit: false });

    /// <exception cref="InvalidInputException">The options contradict each other or leave something out.</exception>
    public AuditRequest Read(ParseResult result)
    {
        var user = result.GetValue(_user);
        var (verb, resource, path, url) = (result.GetValue(_verb), result.GetValue(_resource), result.GetValue(_path), result.GetValue(_url));
        if (user is null != result.GetValue(_unauthenticated))
        {
            throw new InvalidInputException(["say who asks: either --user NAME or --unauthenticated"]);
        }

        if (new[] { resource, path, url }.Count(text => text is not null) != 1)
        {
            throw new InvalidInputException(["say what is asked for: one of --resource, --path and --url"]);
        }

        string[] groups = user is null ? [] : [.. result.GetValue(_groups)!.Concat(ImpliedGroups.Of(user, result.GetValue(_groups)!)).Distinct(StringComparer.Ordinal)];
        if (url is not null)
        {
            Refuse(result, "--url says it already", _verb, _namespace, _name);
            return RequestAttributes.Resolve((result.GetValue(_method) ?? "GET").ToUpperInvariant(), url, user, groups);
        }

        Refuse(result, "it belongs to --url; say --verb", _method);
        if (path is not null)
        {
            Refuse(result, "a path that is not about a resource has none", _namespace, _name);
            return new AuditRequest { User = user, Groups = groups, Verb = verb ?? "get", IsResourceRequest = false, Path = path };
        }

        if (verb is null)
        {
            throw new InvalidInputException(["--resource needs --verb"]);
        }

        var (group, plural, subresource) = ParseResource(resource!);
        return new AuditRequest
        {
            User = user,
            Groups = groups,
            Verb = verb,
            IsResourceRequest = true,
            ApiGroup = group,
            Resource = plural,
            Subresource = subresource,
            Namespace = result.GetValue(_namespace) ?? "",
            Name = result.GetValue(_name) ?? "",
        };
    }

    /// <summary>Takes kubectl's way (<c>deployments.apps/scale</c>) and the way of the rules' reader (<c>apps/deployments/scale</c>).</summary>
    public static (string Group, string Resource, string Subresource) ParseResource(string text)
    {
        var parts = text.Split('/');
        switch (parts)
        {
            case [var group, var plural, var subresource]:
                return (group, plural, subresource);
            case [var group, var plural] when ShortGroups.Contains(group) || IsKubernetesGroup(group):
                return (group, plural, "");
            case [_] or [_, _]:
                var name = parts[0];
                var dot = name.IndexOf('.', StringComparison.Ordinal);
                var rest = parts.Length == 2 ? parts[1] : "";
                return dot < 0 ? ("", name, rest) : (name[(dot + 1)..], name[..dot], rest);
            default:
                throw new InvalidInputException([$"--resource {text}: write RESOURCE[.GROUP][/SUBRESOURCE] or GROUP/RESOURCE/SUBRESOURCE"]);
        }
    }

    // networking.k8s.io is a group, ingresses.networking.k8s.io a resource.
    private static bool IsKubernetesGroup(string text) => text.EndsWith(".k8s.io", StringComparison.Ordinal) && text.Count(c => c == '.') == 2;

    private static void Refuse(ParseResult result, string reason, params Option[] options)
    {
        foreach (var option in options.Where(option => result.GetResult(option) is { Implicit: false }))
        {
            throw new InvalidInputException([$"{option.Name} does not go with the rest: {reason}"]);
        }
    }
}
