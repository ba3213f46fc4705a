using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Archive.Backups;
using Comptroller.Operator.Verbs.AuditPolicies;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary><c>archive list</c>: the backups of a stream, newest last. Exit 1 when one of them is not what the key has signed.</summary>
internal static class ListVerb
{
    public static Command Create()
    {
        var options = new StoreOptions();
        var format = BackupVerb.Output();
        var old = new Argument<string?>("directory") { Description = "Directory with backups of the utilities before this program, such as backups/audit, instead of --store", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("list", "List backups; only those that the key has signed count") { old, format, BackupVerb.JsonFlag() };
        options.AddStore(command);
        options.AddStreams(command);
        options.AddSigning(command);
        options.AddReading(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            if (result.GetValue(old) is { } directory)
            {
                return await ListOldAsync(result, options.PathsIn(result, directory), BackupVerb.IsJson(result, format));
            }

            using var key = options.Verification(result);
            await using var store = options.Store(result);
            var (catalog, manifests, exit) = (new BackupCatalog(store, key), new List<BackupManifest>(), ExitCodes.Clean);
            foreach (var stream in await options.StreamsAsync(result, store, key, cancellationToken))
            {
                foreach (var number in await catalog.NumbersAsync(stream, cancellationToken))
                {
                    try
                    {
                        if (await catalog.ReadAsync(stream, number, cancellationToken) is { } manifest)
                        {
                            manifests.Add(manifest.Manifest);
                        }
                    }
                    catch (InvalidDataException e)
                    {
                        await result.InvocationConfiguration.Error.WriteLineAsync(e.Message);
                        exit = ExitCodes.Warnings;
                    }
                }
            }

            await result.InvocationConfiguration.Output.WriteAsync(BackupVerb.IsJson(result, format) ? Json(manifests) : Text(manifests));
            return exit;
        });
        return command;
    }

    // Whether one is whole is told by `verify FILE`: a list reads none of them.
    private static async Task<int> ListOldAsync(ParseResult result, IReadOnlyList<string> paths, bool isJson)
    {
        var (backups, exit) = (new List<SeedBackup>(), ExitCodes.Clean);
        foreach (var path in paths)
        {
            try
            {
                backups.Add(SeedBackup.Open(path));
            }
            catch (InvalidDataException e)
            {
                await result.InvocationConfiguration.Error.WriteLineAsync(e.Message);
                exit = ExitCodes.Warnings;
            }
        }

        await result.InvocationConfiguration.Output.WriteAsync(isJson ? Json(backups) : Text(backups));
        return exit;
    }

    private static string Text(List<SeedBackup> backups)
    {
        var table = new TextTable("backup", "made (UTC)", "stored", "compressed", "checksum");
        foreach (var backup in backups)
        {
            table.Add(Path.GetFileName(backup.Path), $"{backup.CreatedAt?.UtcDateTime:yyyy-MM-dd HH:mm:ss}", Amounts.Bytes(backup.Bytes), backup.IsCompressed ? "yes" : "no", backup.Checksum is { Length: > 16 } sum ? sum[..16] : backup.Checksum ?? "");
        }

        var text = new StringBuilder();
        table.AppendTo(text);
        return text.ToString();
    }

    // Names as in the files beside them.
    private static string Json(List<SeedBackup> backups) => new JsonArray([.. backups.Select(backup => (JsonNode)new JsonObject
    {
        ["backup_file"] = backup.Path,
        ["size_bytes"] = backup.Bytes,
        ["compressed"] = backup.IsCompressed,
        ["checksum"] = backup.Checksum,
        ["created_at"] = backup.CreatedAt,
    })]).ToJsonString() + "\n";

    private static string Text(List<BackupManifest> manifests)
    {
        var table = new TextTable("stream", "backup", "made (UTC)", "files", "bytes", "stored", "sent", "locked until");
        foreach (var manifest in manifests)
        {
            table.Add(
                manifest.Stream, manifest.Number.ToString(CultureInfo.InvariantCulture), $"{manifest.CreatedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}", $"{manifest.Files.Length}",
                Amounts.Bytes(manifest.Totals.Bytes), Amounts.Bytes(manifest.Totals.StoredBytes), Amounts.Bytes(manifest.Totals.NewStoredBytes), manifest.RetainUntil?.ToString("u") ?? "");
        }

        var text = new StringBuilder();
        table.AppendTo(text);
        return text.ToString();
    }

    private static string Json(List<BackupManifest> manifests) => new JsonArray([.. manifests.Select(manifest => (JsonNode)new JsonObject
    {
        ["stream"] = manifest.Stream,
        ["number"] = manifest.Number,
        ["createdAt"] = manifest.CreatedAt,
        ["root"] = manifest.Root,
        ["files"] = manifest.Files.Length,
        ["bytes"] = manifest.Totals.Bytes,
        ["storedBytes"] = manifest.Totals.StoredBytes,
        ["sentBytes"] = manifest.Totals.NewStoredBytes,
        ["retainUntil"] = manifest.RetainUntil,
    })]).ToJsonString() + "\n";
}
