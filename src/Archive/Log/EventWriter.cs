using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Comptroller.Archive.Log;

/// <summary>An event as the line it is kept as: compact JSON, only ASCII, ended by a line feed.</summary>
internal sealed partial class EventWriter : IDisposable
{
    public const int LongestDetails = 50 * 1024;

    /// <summary>What any event fits into; a longer line is not one of ours.</summary>
    private const int LongestLine = 1 << 20;

    private readonly ArrayBufferWriter<byte> _line = new(512);
    private readonly Utf8JsonWriter _json;

    public EventWriter() => _json = new Utf8JsonWriter(_line);

    /// <summary>Valid until the next event is written.</summary>
    public ReadOnlyMemory<byte> Line => _line.WrittenMemory;

    /// <exception cref="EventRefusedException">A field is missing, too long or of the wrong form.</exception>
    public void Write(AuditEvent auditEvent, DateTimeOffset now)
    {
        _line.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteString("timestamp"u8, (auditEvent.Timestamp ?? now).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
        _json.WriteString("event_type"u8, Required("event_type", auditEvent.EventType, 50));
        _json.WriteString("actor"u8, Required("actor", auditEvent.Actor, 200));
        WriteOptional("resource", auditEvent.Resource, 500);
        WriteOptional("outcome", auditEvent.Outcome, 50);
        if (auditEvent.LeadId is { } lead && !LeadId().IsMatch(lead))
        {
            throw new EventRefusedException("lead_id: letters, digits, - and _, at most 100 of them");
        }

        WriteOptional("lead_id", auditEvent.LeadId, 100);
        WriteOptional("workflow", auditEvent.Workflow, 100);
        if (auditEvent.Details is { } details)
        {
            _json.WritePropertyName("details"u8);
            var before = _json.BytesCommitted + _json.BytesPending;
            details.WriteTo(_json);
            if (_json.BytesCommitted + _json.BytesPending - before > LongestDetails)
            {
                throw new EventRefusedException($"details: longer than {LongestDetails} bytes; keep the data elsewhere and its hash or name here");
            }
        }

        _json.WriteEndObject();
        _json.Flush();
        _line.Write("\n"u8);
        if (_line.WrittenCount > LongestLine)
        {
            throw new EventRefusedException($"the event is longer than {LongestLine} bytes");
        }
    }

    public void Dispose() => _json.Dispose();

    private void WriteOptional(string name, string? value, int longest)
    {
        if (value is not null)
        {
            _json.WriteString(name, Required(name, value, longest));
        }
    }

    private static string Required(string name, string value, int longest)
    {
        // Control characters would let one event look like two in a terminal or in a tool that reads lines.
        var clean = value.AsSpan().ContainsAnyInRange('\0', '\u001f') || value.Contains('\u007f', StringComparison.Ordinal) ? WithoutControls(value) : value;
        return clean.Length == 0 ? throw new EventRefusedException($"{name}: empty")
            : clean.Length > longest ? throw new EventRefusedException($"{name}: {clean.Length} characters; {longest} are allowed")
            : clean;
    }

    private static string WithoutControls(string value)
    {
        var clean = new StringBuilder(value.Length);
        foreach (var character in value.Where(character => !char.IsControl(character) || character == '\t'))
        {
            clean.Append(character);
        }

        return clean.ToString();
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,100}$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex LeadId();
}
