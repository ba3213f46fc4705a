using System.Text;
using System.Text.Json;

namespace Comptroller.Crds.Workloads;

/// <summary>Texts of a termination message. Kubernetes keeps the first bytes of it and cuts the rest off, so nothing in one is long.</summary>
public static class ResultText
{
    /// <summary>Bytes that Kubernetes keeps of a message.</summary>
    public const int MostBytes = 4096;

    /// <summary>Shortens to so many bytes of JSON, between characters. Control characters cost six bytes each and become spaces.</summary>
    public static string Cut(string text, int bytes)
    {
        var kept = new StringBuilder();
        var used = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            var written = Rune.IsControl(rune) ? new Rune(' ') : rune;
            used += JsonEncodedText.Encode(written.ToString()).EncodedUtf8Bytes.Length;
            if (used > bytes)
            {
                break;
            }

            kept.Append(written);
        }

        return kept.ToString();
    }
}
