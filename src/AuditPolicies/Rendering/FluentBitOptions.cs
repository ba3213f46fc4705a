using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Comptroller.AuditPolicies.Rendering;

/// <summary>Where audit events come from on a control-plane node, and which VictoriaLogs they go to.</summary>
public sealed partial record FluentBitOptions
{
    /// <summary>Value of the stream field <c>cluster</c> on every event.</summary>
    public required string Cluster { get; init; }

    /// <summary>VictoriaLogs base address, http or https; a path is kept as prefix (a proxy or vmauth in front).</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>The audit log. An exact path: a glob reads rotated files a second time.</summary>
    public string Path { get; init; } = TalosPatch.LogPath;

    /// <summary>Writable host directory for read position and buffered chunks; both must survive a restart.</summary>
    public string StateDirectory { get; init; } = "/var/lib/fluent-bit-audit";

    /// <summary>Disk space for events waiting for VictoriaLogs, as Fluent Bit writes sizes (<c>2G</c>). When full, the oldest chunk is dropped.</summary>
    public string BufferLimit { get; init; } = "2G";

    /// <summary>VictoriaLogs tenant.</summary>
    public uint AccountId { get; init; }

    /// <summary>VictoriaLogs tenant.</summary>
    public uint ProjectId { get; init; }

    /// <summary>Fields VictoriaLogs shall not store, a trailing <c>*</c> meaning a prefix, such as <c>requestObject.metadata.managedFields*</c>.</summary>
    public ImmutableArray<string> IgnoreFields { get; init; } = [];

    /// <summary>TLS settings; only used when <see cref="Endpoint"/> is https.</summary>
    public TlsOptions Tls { get; init; } = new();

    /// <summary>Basic authentication; null for none.</summary>
    public BasicAuthentication? Authentication { get; init; }

    /// <summary>Port of health, reload and metrics endpoints in the pod.</summary>
    public int HttpPort { get; init; } = 2020;

    /// <summary>Everything that cannot be rendered; empty when all is well.</summary>
    public IEnumerable<OptionError> Check()
    {
        foreach (var error in ClusterName.Check(Cluster).Concat(CheckEndpoint()).Concat(CheckPaths()))
        {
            yield return error;
        }

        if (FluentBitSize.Parse(BufferLimit) is null or <= 0)
        {
            yield return new OptionError("bufferLimit", $"\"{BufferLimit}\" is not a size; write a number with k, M or G, such as 2G");
        }

        for (var i = 0; i < IgnoreFields.Length; i++)
        {
            if (!FieldName().IsMatch(IgnoreFields[i]))
            {
                yield return new OptionError($"ignoreFields[{i}]", $"\"{IgnoreFields[i]}\" must be a field name of letters, digits, '.', '-', '_' or '/', with '*' as last character at most");
            }
        }

        if (Authentication is { } authentication)
        {
            if (!UserName().IsMatch(authentication.User))
            {
                yield return new OptionError("authentication.user", $"\"{authentication.User}\" must be letters, digits and . _ @ -, or the reference ${{NAME}} to an environment variable");
            }

            if (!VariableName().IsMatch(authentication.PasswordVariable))
            {
                yield return new OptionError("authentication.passwordVariable", $"\"{authentication.PasswordVariable}\" is not the name of an environment variable; a password is rendered by reference only");
            }
        }

        if (HttpPort is < 1 or > 65535)
        {
            yield return new OptionError("httpPort", $"{HttpPort} is not a port");
        }
    }

    private IEnumerable<OptionError> CheckEndpoint()
    {
        if (!Endpoint.IsAbsoluteUri || Endpoint.Scheme is not ("http" or "https") || Endpoint.Host.Length == 0)
        {
            yield return new OptionError("endpoint", $"\"{Endpoint.OriginalString}\" must be an http or https address such as https://victoria-logs.example:9428");
            yield break;
        }

        if (Endpoint.UserInfo.Length > 0)
        {
            yield return new OptionError("endpoint", "must not hold a user or password; name environment variables under authentication instead");
        }

        if (Endpoint.Query.Length > 0 || Endpoint.Fragment.Length > 0)
        {
            yield return new OptionError("endpoint", "must not have a query or fragment; the ingestion parameters are added by the renderer");
        }
    }

    private IEnumerable<OptionError> CheckPaths()
    {
        if (!AbsolutePath().IsMatch(Path))
        {
            yield return new OptionError("path", $"\"{Path}\" must be an absolute path to one file, without wildcard: a glob reads rotated files again");
        }

        if (!AbsolutePath().IsMatch(StateDirectory) || StateDirectory.EndsWith('/'))
        {
            yield return new OptionError("stateDirectory", $"\"{StateDirectory}\" must be an absolute path without trailing slash");
        }

        if (Tls.CaFile is { } caFile && !AbsolutePath().IsMatch(caFile))
        {
            yield return new OptionError("tls.caFile", $"\"{caFile}\" must be an absolute path");
        }

        if (Tls.ServerName is { } serverName && Uri.CheckHostName(serverName) != UriHostNameType.Dns)
        {
            yield return new OptionError("tls.serverName", $"\"{serverName}\" must be a DNS name");
        }
    }

    [GeneratedRegex(@"\A(?:/[-A-Za-z0-9_.+@=]+)+/?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AbsolutePath();

    [GeneratedRegex(@"\A(?:[A-Za-z0-9._@-]+|\$\{[A-Za-z_][A-Za-z0-9_]*\})\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UserName();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VariableName();

    [GeneratedRegex(@"\A[-A-Za-z0-9_./]+\*?\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FieldName();
}

/// <summary>How the server's certificate is checked.</summary>
public sealed record TlsOptions
{
    /// <summary>Off only for a laboratory: anyone on the path could then read or swallow the audit trail.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>Certificate authority file in the pod; null for the image's own list.</summary>
    public string? CaFile { get; init; }

    /// <summary>Name expected in the certificate (and sent as SNI) when it differs from the endpoint's host.</summary>
    public string? ServerName { get; init; }
}

/// <summary>HTTP basic authentication.</summary>
/// <param name="User">User name, or a reference such as <c>${AUDIT_USER}</c> to an environment variable of the Fluent Bit pod.</param>
/// <param name="PasswordVariable">Name of the environment variable with the password, which is never rendered itself.</param>
public sealed record BasicAuthentication(string User, string PasswordVariable);
