using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>Grafana Loki, or what takes its push API.</summary>
public sealed record LokiSink : HttpSink
{
    /// <summary>Sent as X-Scope-OrgID; null where Loki has one tenant.</summary>
    public string? TenantId { get; init; }

    public override string Name => "loki";

    protected override string Plugin => "loki";

    public override IEnumerable<OptionError> Check() => TenantId is { } tenant && !AcceptedText.Tenant(tenant)
        ? base.Check().Append(Error("tenantID", $"\"{tenant}\" must be letters, digits and . _ - |"))
        : base.Check();

    protected override void AddFormat(JsonObject output, FluentBitOptions options)
    {
        output["uri"] = $"{Prefix}/loki/api/v1/push";
        // Constant per API server, as with every sink: a label per user or namespace would multiply streams.
        output["labels"] = $"cluster={options.Cluster}, source={FluentBitConfiguration.Source}";
        output["line_format"] = "json";
        if (TenantId is { } tenant)
        {
            output["tenant_id"] = tenant;
        }
    }

    protected override void AddToken(JsonObject output, string reference) => output["bearer_token"] = reference;
}
