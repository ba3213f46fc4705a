using System.Diagnostics;
using System.Security.Cryptography;

namespace Comptroller.Archive.Backups;

/// <summary>Keeps the keys of encrypted pieces: wraps them for who may read, and unwraps them for who can.</summary>
public abstract class KeyWrap
{
    /// <summary>What the header of an envelope calls it.</summary>
    public abstract string Algorithm { get; }

    /// <summary>Tells keys apart without telling what they are.</summary>
    public abstract string KeyId { get; }

    /// <summary>Whether many envelopes have one data key, so that each needs a salt of its own.</summary>
    internal virtual bool IsShared => false;

    /// <summary>A data key of 32 bytes, and the same wrapped.</summary>
    internal abstract (byte[] Key, byte[] Wrapped) Fresh();

    /// <exception cref="InvalidDataException">It cannot be unwrapped here.</exception>
    internal abstract byte[] Unwrap(byte[] wrapped);
}

/// <summary>An RSA key: the public half wraps with OAEP and SHA-256, the private half unwraps. Each envelope has a data key of its own.</summary>
public sealed class RsaKeyWrap(RSA key) : KeyWrap
{
    /// <inheritdoc/>
    public override string Algorithm => "RSA-OAEP-256";

    /// <inheritdoc/>
    public override string KeyId { get; } = Envelope.KeyId(key);

    internal override (byte[] Key, byte[] Wrapped) Fresh()
    {
        var data = RandomNumberGenerator.GetBytes(32);
        return (data, key.Encrypt(data, RSAEncryptionPadding.OaepSHA256));
    }

    internal override byte[] Unwrap(byte[] wrapped) => key.Decrypt(wrapped, RSAEncryptionPadding.OaepSHA256);
}

/// <summary>
/// A program that wraps and unwraps, such as one that asks a key management service: it gets the key on standard input, and <c>wrap</c> or
/// <c>unwrap</c> as its last argument. It is run once for a backup and once for each backup that is read, not for each piece.
/// </summary>
/// <param name="program">The program and its first arguments.</param>
/// <param name="keyId">Which key it uses, for whoever looks at an envelope later.</param>
public sealed class CommandKeyWrap(IReadOnlyList<string> program, string keyId) : KeyWrap
{
    private const int LongestOutput = 8 << 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, byte[]> _unwrapped = new(StringComparer.Ordinal);
    private (byte[] Key, byte[] Wrapped)? _fresh;

    /// <inheritdoc/>
    public override string Algorithm => "command";

    /// <inheritdoc/>
    public override string KeyId => keyId;

    internal override bool IsShared => true;

    internal override (byte[] Key, byte[] Wrapped) Fresh()
    {
        lock (_lock)
        {
            if (_fresh is null)
            {
                var key = RandomNumberGenerator.GetBytes(32);
                var wrapped = Run("wrap", key);
                // A program that does nothing would put the key beside what it encrypts.
                _fresh = wrapped.Length >= key.Length && wrapped.AsSpan().IndexOf(key) < 0 ? (key, wrapped) : throw new InvalidDataException($"{program[0]}: what it gave back is not a wrapped key");
            }

            return _fresh.Value;
        }
    }

    internal override byte[] Unwrap(byte[] wrapped)
    {
        lock (_lock)
        {
            var name = Convert.ToBase64String(wrapped);
            if (!_unwrapped.TryGetValue(name, out var key))
            {
                key = Run("unwrap", wrapped);
                _unwrapped[name] = key.Length == 32 ? key : throw new InvalidDataException($"{program[0]}: it unwrapped {key.Length} bytes, and a key has 32");
            }

            return key;
        }
    }

    private byte[] Run(string action, byte[] input)
    {
        var start = new ProcessStartInfo(program[0], [.. program.Skip(1), action]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        try
        {
            using var process = Process.Start(start)!;
            // It may ask a service that never answers.
            using var limit = new Timer(_ => Kill(process), null, Patience, Timeout.InfiniteTimeSpan);
            Feed(process, input);
            var output = new byte[LongestOutput + 1];
            var read = process.StandardOutput.BaseStream.ReadAtLeast(output, output.Length, throwOnEndOfStream: false);
            Kill(process, unless: read <= LongestOutput);
            process.WaitForExit();
            return process.ExitCode == 0 && read <= LongestOutput ? output[..read] : throw new InvalidDataException($"{program[0]} {action}: it ended with {process.ExitCode}; what it says of it is above");
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException)
        {
            throw new InvalidDataException($"{program[0]} {action}: {e.Message}", e);
        }
    }

    // One that ends without reading tells more by its exit code than by the broken pipe.
    private static void Feed(Process process, byte[] input)
    {
        try
        {
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // Told below.
        }
    }

    private static void Kill(Process process, bool unless = false)
    {
        try
        {
            if (!unless)
            {
                process.Kill();
            }
        }
        catch (InvalidOperationException)
        {
            // It ended already.
        }
    }
}
