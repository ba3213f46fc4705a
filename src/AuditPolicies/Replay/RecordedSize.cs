using System.Runtime.InteropServices;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Replay;

/// <summary>What becomes of one recorded event under a decision.</summary>
/// <param name="Kept">Whether it is written at all.</param>
/// <param name="Bytes">How long its line is then; 0 when it is not written.</param>
/// <param name="AtLeast">Whether it would hold bodies that were not recorded, so that the line would be longer by an unknown amount.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RecordedSize(bool Kept, long Bytes, bool AtLeast)
{
    private static readonly int[] LevelNameLengths = [.. Enum.GetNames<Level>().Select(name => name.Length)];

    /// <param name="decision">Of the policy that is tried.</param>
    /// <param name="recorded">The level the event was recorded at.</param>
    /// <param name="stage">The stage of the event.</param>
    /// <param name="fields">Its line taken apart.</param>
    /// <param name="length">Bytes of its line with the line feed.</param>
    public static RecordedSize Of(in Decision decision, Level recorded, Stages stage, in EventFields fields, long length)
    {
        if (decision.Level == Level.None || (decision.OmitStages & stage) != Stages.None)
        {
            return default;
        }

        length += LevelNameLengths[(int)decision.Level] - LevelNameLengths[(int)recorded];
        length -= Left(decision.Level < Level.Request, fields.RequestObject, fields.RequestObjectLength, decision.OmitManagedFields);
        length -= Left(decision.Level < Level.RequestResponse, fields.ResponseObject, fields.ResponseObjectLength, decision.OmitManagedFields);
        return new RecordedSize(true, length, decision.Level > recorded && MayHaveBodies(decision.Level, stage, fields));
    }

    private static int Left(bool wholly, ReadOnlySpan<byte> body, int memberLength, bool omitManagedFields) =>
        wholly ? memberLength : omitManagedFields ? ManagedFieldsLength(body) : 0;

    // Bodies belong to resource requests and are read after the first stage; reads send none.
    private static bool MayHaveBodies(Level level, Stages stage, in EventFields fields) =>
        fields.IsResourceRequest
        && stage != Stages.RequestReceived
        && (level == Level.RequestResponse || !(fields.Verb.SequenceEqual("get"u8) || fields.Verb.SequenceEqual("list"u8) || fields.Verb.SequenceEqual("watch"u8)));

    // Inside a string the quotes would be escaped, so this text is always a member's name.
    private static int ManagedFieldsLength(ReadOnlySpan<byte> body)
    {
        var member = "\"managedFields\":["u8;
        var length = 0;
        for (var found = body.IndexOf(member); found >= 0; found = body.IndexOf(member))
        {
            var end = JsonSkip.Value(body, found + member.Length - 1);
            if (end < 0)
            {
                break;
            }

            length += end - found + 1;
            body = body[end..];
        }

        return length;
    }
}
