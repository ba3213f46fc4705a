using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Objects;

namespace Comptroller.Archive.Backups;

/// <summary>The digests of a stream: writes the next one, and proves all of them.</summary>
public sealed class DigestChain(IObjectStore store, VerificationKey key)
{
    private const int LongestDigest = 64 << 20;
    private readonly BackupCatalog _catalog = new(store, key);

    /// <summary>Writes the next digest: which backups have come since the one before.</summary>
    /// <exception cref="InvalidDataException">The digest before, or a backup since, is not what the key has signed: going on from it would bury that.</exception>
    /// <exception cref="ObjectStoreException">The store did not take it.</exception>
    public async Task<BackupDigest> WriteAsync(string stream, SigningKey signing, PutOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            var numbers = await NumbersAsync(stream, cancellationToken);
            var previous = numbers.Count == 0 ? null : await ReadAsync(stream, numbers[^1], cancellationToken);
            var number = (previous?.Digest.Number ?? 0) + 1;
            var now = time.GetUtcNow();
            var entries = await EntriesAsync(stream, previous?.Digest, cancellationToken);
            var digest = new BackupDigest
            {
                FormatVersion = BackupDigest.Format,
                Stream = stream,
                Number = number,
                Key = BackupKeys.Digest(stream, number),
                StartTime = previous?.Digest.EndTime ?? now,
                EndTime = now,
                Backups = [.. entries],
                NewestBackup = entries.Count > 0 ? entries[^1].Number : previous?.Digest.NewestBackup ?? 0,
                PreviousKey = previous?.Digest.Key,
                PreviousSha256 = previous?.Sha256,
                PreviousSignature = previous?.Signature,
            };
            var document = JsonSerializer.SerializeToNode(digest, BackupJson.Default.BackupDigest)!.AsObject();
            signing.Sign(document);
            if (await store.PutAsync(digest.Key, CanonicalJson.Bytes(document), options, cancellationToken))
            {
                return digest;
            }

            // Somebody else wrote this one. Ours goes behind it.
        }
    }

    /// <summary>Proves the digests, and that what they name is there.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="manifests">SHA-256 of the manifests that are there, by number; null for one that cannot be believed.</param>
    /// <param name="isPruned">Whether a signed record says that a backup was deleted on purpose.</param>
    /// <param name="cut">The last digest that a signed record says was deleted on purpose; null when none was.</param>
    /// <param name="problem">Is told what is wrong.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Until when digests reach; null when there are none.</returns>
    internal async Task<DateTimeOffset?> CheckAsync(
        string stream, IReadOnlyDictionary<long, string?> manifests, Func<long, bool> isPruned, DigestCut? cut, Action<string> problem, CancellationToken cancellationToken)
    {
        StoredDigest? before = null;
        var numbers = await NumbersAsync(stream, cancellationToken);
        // The cut itself leaves the newest digest, so some must be there; and a pruning that was killed leaves some of those that were to go.
        var next = cut is null ? 1L : Math.Min(numbers.FirstOrDefault(cut.Through + 1), cut.Through + 1);
        if (cut is not null && numbers.Count == 0)
        {
            problem($"{BackupKeys.Digest(stream, next)}: missing");
        }

        foreach (var number in numbers)
        {
            if (number != next)
            {
                problem($"{BackupKeys.Digest(stream, next)}{(number == next + 1 ? "" : $" to {BackupKeys.Digest(stream, number - 1)}")}: missing");
                before = null;
            }

            next = number + 1;
            try
            {
                var digest = await ReadAsync(stream, number, cancellationToken);
                Check(digest, before, manifests, isPruned, problem);
                if (number == cut?.Through + 1 && digest.Digest.PreviousSha256 != cut!.Sha256)
                {
                    problem($"{digest.Digest.Key}: does not go on from the digest that was pruned");
                }

                before = digest;
            }
            catch (InvalidDataException e)
            {
                problem(e.Message);
                before = null;
            }
        }

        return before?.Digest.EndTime;
    }

    private static void Check(StoredDigest stored, StoredDigest? before, IReadOnlyDictionary<long, string?> manifests, Func<long, bool> isPruned, Action<string> problem)
    {
        var digest = stored.Digest;
        if (before is not null && (digest.PreviousSha256 != before.Sha256 || digest.PreviousSignature != before.Signature || digest.PreviousKey != before.Digest.Key))
        {
            problem($"{digest.Key}: does not go on from the digest before");
        }

        if (before is not null && digest.StartTime != before.Digest.EndTime || digest.EndTime < digest.StartTime)
        {
            problem($"{digest.Key}: is not of the time behind the digest before; a clock was set back");
        }

        var last = before?.Digest.NewestBackup ?? 0;
        foreach (var entry in digest.Backups)
        {
            if (before is not null && entry.Number <= last)
            {
                problem($"{digest.Key}: names backup {entry.Number} again");
            }

            last = entry.Number;
            if (!manifests.TryGetValue(entry.Number, out var sha256))
            {
                if (!isPruned(entry.Number))
                {
                    problem($"{BackupKeys.Manifest(digest.Stream, entry.Number)}: missing; {digest.Key} names it, and no signed record says that it was pruned");
                }
            }
            else if (sha256 is not null && sha256 != entry.ManifestSha256)
            {
                problem($"{BackupKeys.Manifest(digest.Stream, entry.Number)}: is another one than {digest.Key} names");
            }
        }
    }

    /// <summary>
    /// The digests that nobody needs any more: those from the oldest on that end before the oldest backup that stays, and name none that does. The
    /// newest one stays whatever it names, or the next one would begin a chain of its own.
    /// </summary>
    internal async Task<DigestCut?> CutAsync(string stream, BackupManifest oldestKept, DateTimeOffset now, CancellationToken cancellationToken)
    {
        DigestCut? cut = null;
        foreach (var number in (await NumbersAsync(stream, cancellationToken)).SkipLast(1))
        {
            var stored = await ReadAsync(stream, number, cancellationToken);
            if (stored.Digest.EndTime >= oldestKept.CreatedAt || stored.Digest.NewestBackup >= oldestKept.Number
                || (await store.HeadAsync(stored.Digest.Key, cancellationToken)) is { } found && (found.RetainUntil > now || found.LegalHold))
            {
                break;
            }

            cut = new DigestCut(number, stored.Sha256);
        }

        return cut;
    }

    /// <summary>Keys of the digests up to a cut, oldest first: what is left when it ends in the middle is a whole end of the chain.</summary>
    internal async Task<IReadOnlyList<string>> KeysAsync(string stream, DigestCut cut, CancellationToken cancellationToken) =>
        [.. (await NumbersAsync(stream, cancellationToken)).Where(number => number <= cut.Through).Select(number => BackupKeys.Digest(stream, number))];

    private async Task<List<DigestEntry>> EntriesAsync(string stream, BackupDigest? previous, CancellationToken cancellationToken)
    {
        var entries = new List<DigestEntry>();
        var (numbers, after) = (await _catalog.NumbersAsync(stream, cancellationToken), previous?.NewestBackup ?? 0);
        if (after > 0 && (numbers.Count == 0 || numbers[^1] < after))
        {
            // No pruning deletes the newest one. A digest that went on as if nothing were missing would bury that.
            throw new InvalidDataException($"{BackupKeys.Manifest(stream, after)}: missing; {previous!.Key} names it, and it is the newest one");
        }

        foreach (var number in numbers.Where(number => number > after))
        {
            if (await _catalog.ReadAsync(stream, number, cancellationToken) is { } manifest)
            {
                entries.Add(new DigestEntry
                {
                    Number = number,
                    ManifestSha256 = manifest.Sha256,
                    Root = manifest.Manifest.Root,
                    CreatedAt = manifest.Manifest.CreatedAt,
                    OldestEventTime = manifest.Manifest.Files.Min(file => file.OldestEventTime),
                    NewestEventTime = manifest.Manifest.Files.Max(file => file.NewestEventTime),
                });
            }
        }

        return entries;
    }

    private async Task<List<long>> NumbersAsync(string stream, CancellationToken cancellationToken)
    {
        var numbers = new List<long>();
        await foreach (var found in store.ListAsync(BackupKeys.Digests(stream), cancellationToken))
        {
            var name = found.Key[BackupKeys.Digests(stream).Length..];
            if (name.Length == "0000000000.digest.json".Length && name.EndsWith(".digest.json", StringComparison.Ordinal) && long.TryParse(name.AsSpan(0, 10), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                numbers.Add(number);
            }
        }

        return numbers;
    }

    private async Task<StoredDigest> ReadAsync(string stream, long number, CancellationToken cancellationToken)
    {
        var name = BackupKeys.Digest(stream, number);
        await using var content = await store.OpenAsync(name, cancellationToken) ?? throw new InvalidDataException($"{name}: missing");
        var bytes = await StoredBytes.ReadAsync(content, LongestDigest, name, cancellationToken);
        var document = _catalog.Verified(bytes, name);
        try
        {
            var digest = document.Deserialize(BackupJson.Default.BackupDigest)!;
            return digest.FormatVersion != BackupDigest.Format ? throw new InvalidDataException($"{name}: format {digest.FormatVersion}; this program reads {BackupDigest.Format}")
                : digest.Key != name || digest.Stream != stream || digest.Number != number ? throw new InvalidDataException($"{name}: it is {digest.Key}, moved from its place")
                : new StoredDigest(digest, Convert.ToHexStringLower(SHA256.HashData(bytes)), (string)document["signature"]!["value"]!);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{name}: {e.Message}", e);
        }
    }

    private sealed record StoredDigest(BackupDigest Digest, string Sha256, string Signature);
}

/// <summary>Digests up to this one are deleted, or may be.</summary>
/// <param name="Through">Its number.</param>
/// <param name="Sha256">SHA-256 of its bytes, which the next one names.</param>
public sealed record DigestCut(long Through, string Sha256);
