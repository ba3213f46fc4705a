using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Requests;

internal enum FieldValidation
{
    Ignore,
    Warn,
    Strict,
}

/// <summary>The options of a POST, PUT or PATCH.</summary>
internal sealed record WriteOptions(bool DryRun, FieldValidation Validation, string Manager, bool Force)
{
    private const int LongestManager = 128;

    /// <param name="kind"><c>CreateOptions</c>, <c>UpdateOptions</c> or <c>PatchOptions</c>, for the error.</param>
    public static WriteOptions Parse(QueryOptions query, string kind, string userAgent, bool isApply = false)
    {
        var errors = new List<FieldError>();
        if (kind == "PatchOptions")
        {
            if (isApply && query.Text("fieldManager").Length == 0)
            {
                errors.Add(new FieldError("FieldValueRequired", "Required value: is required for apply patch", "fieldManager"));
            }
            else if (!isApply && query.Has("force"))
            {
                errors.Add(new FieldError("FieldValueForbidden", "Forbidden: may not be specified for non-apply patch", "force"));
            }
        }
        CheckManager(query.Text("fieldManager"), errors);
        var dryRun = ParseDryRun(query.All("dryRun"), errors);
        var validation = ParseValidation(query.Text("fieldValidation"), errors);
        if (errors.Count > 0)
        {
            throw StatusResponses.InvalidOptions(kind, errors);
        }
        return new WriteOptions(dryRun, validation, ManagerOf(query.Text("fieldManager"), userAgent), query.Flag("force"));
    }

    public static bool ParseDryRun(IReadOnlyList<string> values, List<FieldError> errors)
    {
        if (values.Any(value => value != "All"))
        {
            var shown = string.Join(',', values);
            errors.Add(new FieldError("FieldValueNotSupported", $"Unsupported value: \"{shown}\": supported values: \"All\"", "dryRun"));
        }
        return values.Count > 0;
    }

    /// <summary>Without the parameter the manager is the user agent up to its first slash.</summary>
    private static string ManagerOf(string given, string userAgent)
    {
        var name = given.Length > 0 ? given : userAgent.Split('/')[0];
        return name.Length > LongestManager ? name[..LongestManager] : name;
    }

    private static void CheckManager(string manager, List<FieldError> errors)
    {
        if (manager.Length > LongestManager)
        {
            errors.Add(new FieldError("FieldValueTooLong", $"Too long: may not be more than {LongestManager} bytes", "fieldManager"));
        }
        if (manager.Any(char.IsControl))
        {
            errors.Add(new FieldError("FieldValueInvalid", $"Invalid value: \"{manager}\": should only contain printable characters", "fieldManager"));
        }
    }

    private static FieldValidation ParseValidation(string text, List<FieldError> errors)
    {
        switch (text)
        {
            case "" or "Warn":
                return FieldValidation.Warn;
            case "Strict":
                return FieldValidation.Strict;
            case "Ignore":
                return FieldValidation.Ignore;
            default:
                errors.Add(new FieldError("FieldValueNotSupported",
                    $"Unsupported value: \"{text}\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"", "fieldValidation"));
                return FieldValidation.Warn;
        }
    }
}
