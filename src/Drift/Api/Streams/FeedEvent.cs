using System.Globalization;
using System.Text;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Api.Streams;

/// <summary>Something that happened to a drift, ready to be sent to everybody who listens.</summary>
/// <param name="Change">What happened.</param>
/// <param name="Drift">The drift as that left it.</param>
/// <param name="Data">Both as one JSON document without a line break.</param>
public sealed record FeedEvent(DriftChange Change, DriftRecord Drift, string Data)
{
    /// <summary>Its place in the order of all; what a client goes on from.</summary>
    public long Number => Change.Number;

    /// <summary><c>drift</c> or <c>unmanaged</c>.</summary>
    public string Topic => Drift.Kind == FindingKind.Unmanaged ? "unmanaged" : "drift";

    internal static FeedEvent Of(DriftChange change, DriftRecord drift, DriftActor? last) => new(change, drift, JsonBody.Text(json =>
    {
        json.WriteStartObject();
        json.WriteString("event_id", change.Number.ToString(CultureInfo.InvariantCulture));
        json.WriteString("change", change.Name);
        json.WriteString("by", change.By);
        ApiJson.Time(json, "at", change.At);
        ApiJson.WriteMembers(json, drift, last);
        json.WriteEndObject();
    }));

    /// <summary>As a server-sent event.</summary>
    public string ToServerSentEvent() => new StringBuilder(Data.Length + 64)
        .Append("id: ").Append(Number).Append("\nevent: ").Append(Topic).Append("\ndata: ").Append(Data).Append("\n\n").ToString();
}
