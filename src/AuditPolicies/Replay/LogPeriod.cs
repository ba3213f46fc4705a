using System.Globalization;
using System.Text;

namespace Comptroller.AuditPolicies.Replay;

/// <summary>The earliest and the latest time of a log, compared as text: the API server writes all of them alike. Other forms are passed over.</summary>
internal sealed class LogPeriod
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    private static readonly byte[] Form = "0000-00-00T00:00:00.000000Z"u8.ToArray();

    private readonly byte[] _first = new byte[Form.Length];
    private readonly byte[] _last = new byte[Form.Length];

    public DateTimeOffset? First => Parse(_first);

    public DateTimeOffset? Last => Parse(_last);

    public void Add(ReadOnlySpan<byte> time)
    {
        if (!HasForm(time))
        {
            return;
        }

        if (time.SequenceCompareTo(_last) > 0)
        {
            time.CopyTo(_last);
        }

        if (_first[0] == 0 || time.SequenceCompareTo(_first) < 0)
        {
            time.CopyTo(_first);
        }
    }

    private static bool HasForm(ReadOnlySpan<byte> time)
    {
        if (time.Length != Form.Length)
        {
            return false;
        }

        for (var i = 0; i < time.Length; i++)
        {
            if (Form[i] == '0' ? !char.IsAsciiDigit((char)time[i]) : time[i] != Form[i])
            {
                return false;
            }
        }

        return true;
    }

    private static DateTimeOffset? Parse(byte[] time) =>
        DateTimeOffset.TryParseExact(Encoding.ASCII.GetString(time), Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed) ? parsed : null;
}
