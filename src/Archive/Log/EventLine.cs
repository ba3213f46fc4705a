using System.Text.Json;

namespace Comptroller.Archive.Log;

/// <summary>What a query looks at in one line, read without copying what is not escaped.</summary>
internal ref struct EventLine
{
    public DateTimeOffset? Time;
    public ReadOnlySpan<byte> EventType;
    public ReadOnlySpan<byte> Actor;
    public ReadOnlySpan<byte> Resource;
    public ReadOnlySpan<byte> LeadId;
    public ReadOnlySpan<byte> Workflow;

    /// <summary>False for what is not one whole JSON object with a timestamp and an event type.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, out EventLine fields)
    {
        fields = default;
        try
        {
            var reader = new Utf8JsonReader(line);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            var found = default(EventLine);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                found.Take(ref reader);
            }

            fields = found;
            return reader.TokenType == JsonTokenType.EndObject && !reader.Read() && found is { Time: not null, EventType.IsEmpty: false };
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private void Take(scoped ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("timestamp"u8))
        {
            reader.Read();
            Time = reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out var time) ? time : null;
        }
        else if (reader.ValueTextEquals("event_type"u8))
        {
            EventType = Text(ref reader);
        }
        else if (reader.ValueTextEquals("actor"u8))
        {
            Actor = Text(ref reader);
        }
        else if (reader.ValueTextEquals("resource"u8))
        {
            Resource = Text(ref reader);
        }
        else if (reader.ValueTextEquals("lead_id"u8))
        {
            LeadId = Text(ref reader);
        }
        else if (reader.ValueTextEquals("workflow"u8))
        {
            Workflow = Text(ref reader);
        }
        else
        {
            reader.Read();
            reader.Skip();
        }
    }

    private static ReadOnlySpan<byte> Text(scoped ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.ValueIsEscaped ? System.Text.Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan;
        }

        reader.Skip();
        return default;
    }
}
