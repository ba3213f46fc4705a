using System.Text.RegularExpressions;

namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>
/// The texts of a user that may stand in a Fluent Bit configuration. Fluent Bit expands <c>${...}</c> everywhere, reads a line that starts with
/// <c>@</c> or <c>[</c> as a command or section, and splits many values at spaces; Helm expands <c>{{</c>. So each text is held to
/// letters, digits and the few marks it needs, and nothing ever has to be escaped.
/// </summary>
internal static partial class AcceptedText
{
    public static bool Path(string text) => PathPattern().IsMatch(text);

    public static bool UrlPath(string text) => UrlPathPattern().IsMatch(text);

    public static bool UserName(string text) => UserNamePattern().IsMatch(text);

    public static bool FieldName(string text) => FieldNamePattern().IsMatch(text);

    public static bool Index(string text) => IndexPattern().IsMatch(text);

    public static bool Tenant(string text) => TenantPattern().IsMatch(text);

    public static bool Bucket(string text) => BucketPattern().IsMatch(text);

    public static bool Region(string text) => RegionPattern().IsMatch(text);

    public static bool KeyPrefix(string text) => KeyPrefixPattern().IsMatch(text);

    public static bool StorageClass(string text) => StorageClassPattern().IsMatch(text);

    public static bool Role(string text) => RolePattern().IsMatch(text);

    /// <summary>An API group or a resource, with subresource.</summary>
    public static bool Resource(string text) => ResourcePattern().IsMatch(text);

    /// <summary>A key of an annotation or of a user's extra information.</summary>
    public static bool AnnotationKey(string text) => AnnotationKeyPattern().IsMatch(text);

    [GeneratedRegex(@"\A(?:/(?!\.\.?(?:/|\z))[-A-Za-z0-9_.+@=]+)+\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PathPattern();

    [GeneratedRegex(@"\A/[A-Za-z0-9._~/-]*\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UrlPathPattern();

    [GeneratedRegex(@"\A[A-Za-z0-9._@-]{1,253}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UserNamePattern();

    [GeneratedRegex(@"\A[-A-Za-z0-9_./]{1,127}\*?\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FieldNamePattern();

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._-]{0,99}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex IndexPattern();

    [GeneratedRegex(@"\A[A-Za-z0-9._|-]{1,150}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TenantPattern();

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex BucketPattern();

    [GeneratedRegex(@"\A[a-z0-9-]{1,63}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RegionPattern();

    [GeneratedRegex(@"\A[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex KeyPrefixPattern();

    [GeneratedRegex(@"\A[A-Z_]{1,32}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StorageClassPattern();

    [GeneratedRegex(@"\Aarn:[a-z0-9-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RolePattern();

    [GeneratedRegex(@"\A(?:\*|[a-z0-9][a-z0-9.-]*(?:/[a-z0-9-]+)?)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ResourcePattern();

    [GeneratedRegex(@"\A[A-Za-z0-9][-A-Za-z0-9_./]{0,316}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AnnotationKeyPattern();
}
