using System.Collections.Immutable;
using Comptroller.Drift.Api.Access;

namespace Comptroller.Drift.Api;

/// <summary>What the server itself serves: probes, metrics, intake, streams. Here they have a place in the document and a scope.</summary>
public static class ServerRoutes
{
    private static readonly ImmutableArray<Parameter> StreamFilters =
    [
        new("severity", "string", "This one or more") { Values = ["low", "medium", "high", "critical"] },
        new("provider", "string", "Whose cloud") { Values = ["aws", "gcp", "azure", "other"] },
        new("resource_type", "string", "The exact Terraform type"),
        new("last_event_id", "string", "Goes on behind this event; the Last-Event-ID header goes before it"),
    ];

    public static Route Health { get; } = HealthAt("/health");

    public static Route Ready { get; } = new("GET", "/ready", Scopes.None, "503 with a reason while the watch cannot be relied on") { IsBare = true, IsLimited = false, Data = "Ready" };

    public static Route Metrics { get; } = new("GET", "/metrics", Scopes.None, "Metrics in the text format of Prometheus") { IsBare = true, IsLimited = false, Media = "text/plain", Data = "Text" };

    public static Route Document { get; } = new("GET", "/api/v1/openapi.json", Scopes.None, "This document") { IsBare = true };

    public static Route Intake { get; } = IntakeAt("/api/v1/falco/events");

    public static Route Stream { get; } = new("GET", "/api/v1/stream", Scopes.Read, "What happens to drifts, as server-sent events") { IsBare = true, Media = "text/event-stream", Query = StreamFilters, Data = "Text" };

    public static Route Socket { get; } = new("GET", "/ws", Scopes.Read, "What happens to drifts, over a WebSocket") { IsBare = true, Query = StreamFilters, Status = 101 };

    public static ImmutableArray<Route> All { get; } = [Health, HealthAt("/api/v1/health"), Ready, Metrics, Document, Intake, IntakeAt("/api/v1/events/intake"), Stream, Socket];

    private static Route HealthAt(string path) => new("GET", path, Scopes.None, "200 while the process serves") { IsBare = true, IsLimited = false, Data = "Health" };

    private static Route IntakeAt(string path) => new("POST", path, Scopes.Intake, "Takes events in; 202 when what they mean is on disk") { IsBare = true, IsLimited = false, Body = "Events", Status = 202 };
}
