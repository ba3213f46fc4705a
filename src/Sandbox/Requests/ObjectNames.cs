using System.Security.Cryptography;

namespace Comptroller.Sandbox.Requests;

/// <summary>Names for <c>metadata.generateName</c>.</summary>
internal static class ObjectNames
{
    private const int SuffixLength = 5;
    private const int LongestBase = 63 - SuffixLength;

    /// <summary>No vowels, so that no words appear.</summary>
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

    public static string Generate(string prefix) =>
        (prefix.Length > LongestBase ? prefix[..LongestBase] : prefix) + RandomNumberGenerator.GetString(Alphabet, SuffixLength);
}
