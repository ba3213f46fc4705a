namespace Comptroller.AuditPolicies.Evaluation;

/// <summary>
/// One entry of a rule's <c>resources</c> list: <c>pods</c>, <c>pods/log</c>, <c>pods/*</c>, <c>*/scale</c> or <c>*</c>. A plain name does
/// not cover subresources; <c>pods/*</c> covers them and the bare resource; <c>*/*</c> covers nothing that exists.
/// </summary>
internal readonly struct ResourcePattern
{
    private readonly string _text;
    private readonly string? _anyResourceSubresource;
    private readonly string? _resourceAnySubresource;

    public ResourcePattern(string text)
    {
        _text = text;
        _anyResourceSubresource = text.StartsWith("*/", StringComparison.Ordinal) ? text[2..] : null;
        _resourceAnySubresource = text.EndsWith("/*", StringComparison.Ordinal) ? text[..^2] : null;
    }

    public bool Matches(string resource, string subresource)
    {
        if (_text == "*" || EqualsCombined(resource, subresource))
        {
            return true;
        }

        return (subresource.Length > 0 && subresource == _anyResourceSubresource) || resource == _resourceAnySubresource;
    }

    private bool EqualsCombined(string resource, string subresource) => subresource.Length == 0
        ? _text == resource
        : _text.Length == resource.Length + 1 + subresource.Length
            && _text[resource.Length] == '/'
            && _text.StartsWith(resource, StringComparison.Ordinal)
            && _text.EndsWith(subresource, StringComparison.Ordinal);
}
