using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>A sink behind an http or https address.</summary>
public abstract record HttpSink : Sink
{
    private const string CertificateDirectory = "/fluent-bit/tls";

    /// <summary>Base address; a path is kept as prefix (a proxy in front).</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>Who the sender is; null for nobody in particular.</summary>
    public Authentication? Authentication { get; init; }

    /// <summary>TLS settings; they need an https endpoint.</summary>
    public TlsOptions Tls { get; init; } = new();

    public override IEnumerable<SecretVariable> Variables => Authentication is { } authentication ? [new(VariableOf(authentication), authentication.Secret)] : [];

    public override IEnumerable<SecretMount> Mounts
    {
        get
        {
            if (Tls.CaSecret is { } authority)
            {
                yield return new SecretMount($"{Lower}-ca", authority.Secret, authority.Key, $"{CertificateDirectory}/{Lower}-ca");
            }

            if (Tls.ClientCertificateSecret is { } client)
            {
                yield return new SecretMount($"{Lower}-client", client, null, $"{CertificateDirectory}/{Lower}-client");
            }
        }
    }

    /// <summary>The path of <see cref="Endpoint"/> without a slash at its end.</summary>
    protected string Prefix => Endpoint.AbsolutePath.TrimEnd('/');

    private string Lower => Name.ToLowerInvariant();

    public override IEnumerable<OptionError> Check() => CheckEndpoint().Concat(CheckAuthentication()).Concat(CheckTls());

    protected sealed override void Add(JsonObject output, FluentBitOptions options)
    {
        output["host"] = Endpoint.IdnHost;
        output["port"] = Endpoint.Port;
        AddFormat(output, options);
        output["compress"] = "gzip";
        AddAuthentication(output);
        AddTls(output);
        // The default is one retry, after which the chunk is dropped.
        output["retry_limit"] = "no_limits";
        output["storage.total_limit_size"] = options.BufferLimit;
        output["net.keepalive"] = true;
    }

    /// <summary>Path and format of what is sent.</summary>
    protected abstract void AddFormat(JsonObject output, FluentBitOptions options);

    /// <summary>How this output is told a token; a header unless it has an option of its own.</summary>
    protected virtual void AddToken(JsonObject output, string reference)
    {
        var headers = output["header"] as JsonArray ?? [];
        headers.Add((JsonNode)$"Authorization Bearer {reference}");
        output["header"] = headers;
    }

    private void AddAuthentication(JsonObject output)
    {
        if (Authentication is not { } authentication)
        {
            return;
        }

        var reference = $"${{{VariableOf(authentication)}}}";
        if (authentication.User is { } user)
        {
            output["http_user"] = user;
            output["http_passwd"] = reference;
        }
        else
        {
            AddToken(output, reference);
        }
    }

    private void AddTls(JsonObject output)
    {
        if (Endpoint.Scheme != "https")
        {
            return;
        }

        output["tls"] = true;
        output["tls.verify"] = true;
        // Off by default: any certificate of the same authority would do.
        output["tls.verify_hostname"] = true;
        if ((Tls.CaSecret is null ? Tls.CaFile : $"{CertificateDirectory}/{Lower}-ca/ca.crt") is { } authority)
        {
            output["tls.ca_file"] = authority;
        }

        if (Tls.ClientCertificateSecret is not null)
        {
            output["tls.crt_file"] = $"{CertificateDirectory}/{Lower}-client/tls.crt";
            output["tls.key_file"] = $"{CertificateDirectory}/{Lower}-client/tls.key";
        }

        if (Tls.ServerName is { } serverName)
        {
            output["tls.vhost"] = serverName;
        }
    }

    private IEnumerable<OptionError> CheckEndpoint()
    {
        if (!Endpoint.IsAbsoluteUri || Endpoint.Scheme is not ("http" or "https") || Endpoint.Host.Length == 0)
        {
            yield return Error("endpoint", $"\"{Endpoint.OriginalString}\" must be an http or https address such as https://logs.example:9428");
            yield break;
        }

        if (Endpoint.UserInfo.Length > 0)
        {
            yield return Error("endpoint", "must not hold a user or password; use basicAuth");
        }

        if (Endpoint.Query.Length > 0 || Endpoint.Fragment.Length > 0)
        {
            yield return Error("endpoint", "must not have a query or fragment; the renderer adds what the sink needs");
        }

        if (!AcceptedText.UrlPath(Endpoint.AbsolutePath))
        {
            yield return Error("endpoint", $"\"{Endpoint.AbsolutePath}\" must be a path of letters, digits and . _ ~ - /");
        }
    }

    private IEnumerable<OptionError> CheckAuthentication()
    {
        if (Authentication is not { } authentication)
        {
            yield break;
        }

        if (Endpoint is { IsAbsoluteUri: true, Scheme: not "https" })
        {
            yield return Error("endpoint", "must be https when a password or token is sent: over http it would travel in the clear");
        }

        if (authentication.User is { } user && !AcceptedText.UserName(user))
        {
            yield return Error("basicAuth.username", $"\"{user}\" must be letters, digits and . _ @ -");
        }
    }

    private IEnumerable<OptionError> CheckTls()
    {
        if (Endpoint is { IsAbsoluteUri: true, Scheme: not "https" } && Tls != new TlsOptions())
        {
            yield return Error("tls", "has no effect on a plain endpoint: use an https:// endpoint, or remove tls");
        }

        if (Tls is { CaFile: not null, CaSecret: not null })
        {
            yield return Error("tls.caSecretRef", "and caFile exclude each other");
        }

        if (Tls.CaFile is { } caFile && !AcceptedText.Path(caFile))
        {
            yield return Error("tls.caFile", $"\"{caFile}\" must be an absolute path");
        }

        if (Tls.ServerName is { } serverName && Uri.CheckHostName(serverName) != UriHostNameType.Dns)
        {
            yield return Error("tls.serverName", $"\"{serverName}\" must be a DNS name");
        }
    }

    private string VariableOf(Authentication authentication) => Name.ToUpperInvariant() + (authentication.User is null ? "_TOKEN" : "_PASSWORD");
}

/// <summary>What the sender proves itself with. The secret stays in its Secret.</summary>
/// <param name="User">User name of HTTP basic authentication, whose password is the secret; null when the secret is a token.</param>
/// <param name="Secret">Where the password or token is.</param>
public sealed record Authentication(string? User, SecretReference Secret);

/// <summary>How the server's certificate is checked (it always is), and which one is shown to it.</summary>
public sealed record TlsOptions
{
    /// <summary>Certificate authority file in the pod; null for the image's own list.</summary>
    public string? CaFile { get; init; }

    /// <summary>Certificate authority in a Secret, mounted into the pod.</summary>
    public SecretReference? CaSecret { get; init; }

    /// <summary>Name of a Secret of type kubernetes.io/tls with the client's certificate and key.</summary>
    public string? ClientCertificateSecret { get; init; }

    /// <summary>Name expected in the certificate (and sent as SNI) when it differs from the endpoint's host.</summary>
    public string? ServerName { get; init; }
}
