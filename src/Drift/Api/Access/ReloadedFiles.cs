using System.Security.Cryptography;

namespace Comptroller.Drift.Api.Access;

/// <summary>
/// Something made of files that others replace: secrets, keys, certificates. The files are looked at every few seconds at most, by content:
/// a mounted Secret changes through links whose own times stay. What cannot be read or used leaves the last good one in place.
/// </summary>
/// <typeparam name="T">What is made of them.</typeparam>
public sealed class ReloadedFiles<T>
    where T : class
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);

    private readonly string[] _paths;
    private readonly Func<IReadOnlyList<byte[]>, T> _make;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private byte[] _seen;
    private long _looked;
    private volatile T _value;

    /// <param name="paths">The files.</param>
    /// <param name="make">Makes the value of the contents, in the order of the paths.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="FormatException">They cannot be read or used at the start.</exception>
    public ReloadedFiles(IEnumerable<string> paths, Func<IReadOnlyList<byte[]>, T> make, TimeProvider time)
    {
        (_paths, _make, _time) = ([.. paths], make, time);
        try
        {
            var contents = Read();
            (_seen, _value, _looked) = (Hash(contents), make(contents), time.GetTimestamp());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new FormatException($"{string.Join(", ", _paths)}: {e.Message}", e);
        }
    }

    /// <summary>Told when new files cannot be used.</summary>
    public Action<string> Warned { get; set; } = _ => { };

    /// <summary>The newest that could be used.</summary>
    public T Value
    {
        get
        {
            if (_time.GetElapsedTime(Volatile.Read(ref _looked)) >= Between)
            {
                Look();
            }

            return _value;
        }
    }

    private void Look()
    {
        lock (_gate)
        {
            if (_time.GetElapsedTime(_looked) < Between)
            {
                return;
            }

            Volatile.Write(ref _looked, _time.GetTimestamp());
            try
            {
                var contents = Read();
                var hash = Hash(contents);
                if (!hash.AsSpan().SequenceEqual(_seen))
                {
                    _value = _make(contents);
                    _seen = hash;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or FormatException)
            {
                Warned($"{string.Join(", ", _paths)}: {e.Message}; the last good one stays in use");
            }
        }
    }

    private List<byte[]> Read() => [.. _paths.Select(File.ReadAllBytes)];

    private static byte[] Hash(List<byte[]> contents)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var content in contents)
        {
            hash.AppendData(BitConverter.GetBytes(content.Length));
            hash.AppendData(content);
        }

        return hash.GetHashAndReset();
    }
}
