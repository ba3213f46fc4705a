using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Access;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Requests;

/// <summary>The bodies of refusals, in the words of kube-apiserver. The one place that writes them.</summary>
internal static class StatusResponses
{
    public static StatusError NotFound(ServedResource resource, string name) => NotFound(resource.Group, resource.Plural, name);

    public static StatusError NotFound(string group, string plural, string name) =>
        Failure(404, "NotFound", $"{Qualified(plural, group)} \"{name}\" not found", Details(name, group, plural));

    /// <summary>The answer of built-in kinds where no handler is installed, such as an unknown subresource.</summary>
    public static StatusError UnknownPath() => Failure(404, "NotFound", "the server could not find the requested resource", new JsonObject());

    public static StatusError AlreadyExists(ServedResource resource, string name) =>
        Failure(409, "AlreadyExists", $"{resource.QualifiedName} \"{name}\" already exists", Details(name, resource.Group, resource.Plural));

    public static StatusError Modified(ServedResource resource, string name) =>
        Conflict(resource, name, "the object has been modified; please apply your changes to the latest version and try again");

    public static StatusError Conflict(ServedResource resource, string name, string reason) =>
        Failure(409, "Conflict", $"Operation cannot be fulfilled on {resource.QualifiedName} \"{name}\": {reason}", Details(name, resource.Group, resource.Plural));

    /// <summary>A failed precondition of a delete: names the kind, unlike every other conflict.</summary>
    public static StatusError PreconditionFailed(ServedResource resource, string name, string reason) =>
        Failure(409, "Conflict", $"Operation cannot be fulfilled on {Qualified(resource.Kind, resource.Group)} \"{name}\": {reason}",
            Details(name, resource.Group, resource.Kind));

    /// <summary>A 422 about an object of a kind.</summary>
    public static StatusError Invalid(ServedResource resource, string name, IReadOnlyList<FieldError> errors) =>
        Invalid(resource.Group, resource.Kind, name, errors);

    /// <summary>A 422 that names <paramref name="kind"/>; kind and group may be empty, as the server leaves them empty for patches.</summary>
    public static StatusError Invalid(string group, string kind, string name, IReadOnlyList<FieldError> errors)
    {
        var texts = errors.Select(error => error.Field.Length == 0 ? error.Message : $"{error.Field}: {error.Message}").Distinct(StringComparer.Ordinal).ToList();
        var message = texts.Count == 1 ? texts[0] : $"[{string.Join(", ", texts)}]";
        var details = Details(name, group, kind);
        details["causes"] = new JsonArray([.. errors.Select(Cause)]);
        return Failure(422, "Invalid", $"{Qualified(kind, group)} \"{name}\" is invalid: {message}", details);
    }

    /// <summary>A 422 about the options of a request, such as <c>ListOptions</c>.</summary>
    public static StatusError InvalidOptions(string kind, params IReadOnlyList<FieldError> errors) => Invalid("meta.k8s.io", kind, "", errors);

    public static StatusError BadRequest(string message) => Failure(400, "BadRequest", message, null);

    /// <summary>A failure inside the server's machinery: it has no reason.</summary>
    public static StatusError Internal(string message) => Failure(500, "", message, null);

    public static StatusError Unauthorized() => Failure(401, "Unauthorized", "Unauthorized", null);

    /// <summary>What the authorizer refused: a resource or a bare path.</summary>
    public static StatusError Forbidden(AccessRequest request)
    {
        if (!request.IsResource)
        {
            return Failure(403, "Forbidden", $"forbidden: User \"{request.User.Name}\" cannot {request.Verb} path \"{request.Path}\"", new JsonObject());
        }
        var what = request.Subresource.Length == 0 ? request.Resource : $"{request.Resource}/{request.Subresource}";
        var where = request.Namespace.Length == 0 ? "at the cluster scope" : $"in the namespace \"{request.Namespace}\"";
        return Forbidden(request.Group, request.Resource, request.Name,
            $"User \"{request.User.Name}\" cannot {request.Verb} resource \"{what}\" in API group \"{request.Group}\" {where}");
    }

    public static StatusError Forbidden(string group, string plural, string name, string reason, params IReadOnlyList<FieldError> causes)
    {
        var details = Details(name, group, plural);
        if (causes.Count > 0)
        {
            details["causes"] = new JsonArray([.. causes.Select(Cause)]);
        }
        var subject = name.Length == 0 ? Qualified(plural, group) : $"{Qualified(plural, group)} \"{name}\"";
        return Failure(403, "Forbidden", $"{subject} is forbidden: {reason}", details);
    }

    /// <summary>The 405 of custom kinds, which names the verb; empty for a method that maps to none.</summary>
    public static StatusError VerbNotAllowed(ServedResource resource, string verb) =>
        Failure(405, "MethodNotAllowed", $"{verb} is not supported on resources of kind \"{resource.QualifiedName}\"", Details("", resource.Group, resource.Plural));

    public static StatusError MethodNotAllowed() =>
        Failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", new JsonObject());

    public static StatusError NotAcceptable(string message) => Failure(406, "NotAcceptable", message, null);

    public static StatusError UnsupportedMediaType(string message) => Failure(415, "UnsupportedMediaType", message, null);

    public static StatusError TooLarge(long limit) =>
        Failure(413, "RequestEntityTooLarge", $"Request entity too large: limit is {limit.ToString(CultureInfo.InvariantCulture)}", null);

    public static StatusError Expired(string message, string? continueToken = null)
    {
        var error = Failure(410, "Expired", message, null);
        if (continueToken is not null)
        {
            error.Body["metadata"]!["continue"] = continueToken;
        }
        return error;
    }

    /// <summary>The wanted revision is not there yet.</summary>
    public static StatusError FutureRevision(long wanted, long current)
    {
        var message = string.Create(CultureInfo.InvariantCulture, $"Too large resource version: {wanted}, current: {current}");
        var details = new JsonObject
        {
            ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ResourceVersionTooLarge", ["message"] = "Too large resource version" }),
            ["retryAfterSeconds"] = 1,
        };
        var error = Failure(504, "Timeout", $"Timeout: {message}", details);
        return new StatusError(error.Code, error.Body) { RetryAfterSeconds = 1 };
    }

    /// <summary>The conflicts of a server-side apply.</summary>
    public static StatusError ApplyConflict(string message, IEnumerable<FieldError> conflicts) =>
        Failure(409, "Conflict", message, new JsonObject { ["causes"] = new JsonArray([.. conflicts.Select(Cause)]) });

    /// <summary>The reply to a delete that is done.</summary>
    public static JsonObject Deleted(ServedResource resource, string name, string uid)
    {
        var details = Details(name, resource.Group, resource.Plural);
        details["uid"] = uid;
        return new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Success", ["details"] = details };
    }

    /// <param name="details">Null leaves the field out; empty shows as an empty object.</param>
    public static StatusError Failure(int code, string reason, string message, JsonObject? details)
    {
        var body = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = message,
        };
        if (reason.Length > 0)
        {
            body["reason"] = reason;
        }
        if (details is not null)
        {
            body["details"] = details;
        }
        body["code"] = code;
        return new StatusError(code, body);
    }

    private static string Qualified(string name, string group) => group.Length == 0 ? name : $"{name}.{group}";

    private static JsonObject Details(string name, string group, string kind)
    {
        var details = new JsonObject();
        if (name.Length > 0)
        {
            details["name"] = name;
        }
        if (group.Length > 0)
        {
            details["group"] = group;
        }
        if (kind.Length > 0)
        {
            details["kind"] = kind;
        }
        return details;
    }

    private static JsonObject Cause(FieldError error)
    {
        var cause = new JsonObject { ["reason"] = error.Reason, ["message"] = error.Message };
        if (error.Field.Length > 0)
        {
            cause["field"] = error.Field;
        }
        return cause;
    }
}
