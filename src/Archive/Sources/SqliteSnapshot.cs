using Comptroller.Archive.Backups;
using Microsoft.Data.Sqlite;

namespace Comptroller.Archive.Sources;

/// <summary>
/// A copy of a SQLite database as it was at one moment, also while others write to it: its file and its journal copied one after the other may be of two
/// moments, and then are no database. The copy lies on the disk until it is disposed of.
/// </summary>
public sealed class SqliteSnapshot : IDisposable
{
    private const int CannotOpen = 14;
    private readonly string _folder;

    private SqliteSnapshot(BackupSource source, string folder) => (Source, _folder) = (source, folder);

    /// <summary>What to back up.</summary>
    public BackupSource Source { get; }

    /// <param name="name">First part of its path in the backup.</param>
    /// <param name="database">The database.</param>
    /// <param name="scratch">A directory with room for the copy.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">It cannot be read, or is no database, or there is no room.</exception>
    public static async Task<SqliteSnapshot> TakeAsync(string name, string database, string scratch, CancellationToken cancellationToken)
    {
        if (!File.Exists(database))
        {
            throw new FileNotFoundException($"{database}: no such database");
        }

        SQLitePCL.Batteries_V2.Init();
        var folder = Directory.CreateDirectory(Path.Combine(scratch, $"snapshot-{Guid.NewGuid():N}")).FullName;
        var copy = Path.Combine(folder, Path.GetFileName(database));
        try
        {
            try
            {
                await CopyAsync(database, SqliteOpenMode.ReadOnly, copy, cancellationToken);
            }
            catch (SqliteException e) when (e.SqliteErrorCode == CannotOpen && !File.Exists($"{database}-shm"))
            {
                // On a volume that is mounted read-only nobody can make the file by which writers and readers of a write-ahead log find each other. That it is not there says
                // that nobody writes: then the files as they lie there are the database.
                await CopyAsync(Lying(database, Directory.CreateDirectory(Path.Combine(folder, "lying")).FullName), SqliteOpenMode.ReadWrite, copy, cancellationToken);
            }

            // What has not changed since the last backup is then found unchanged.
            File.SetLastWriteTimeUtc(copy, File.GetLastWriteTimeUtc(database));
            return new SqliteSnapshot(new BackupSource(name, copy), folder);
        }
        catch (SqliteException e)
        {
            Directory.Delete(folder, recursive: true);
            throw new IOException($"{database}: no copy of it can be made: {e.Message}", e);
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    private static async Task CopyAsync(string database, SqliteOpenMode mode, string copy, CancellationToken cancellationToken)
    {
        await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = database, Mode = mode, Pooling = false }.ToString());
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "VACUUM INTO $copy";
        command.Parameters.AddWithValue("$copy", copy);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string Lying(string database, string folder)
    {
        var stamp = Stamp();
        foreach (var file in new[] { database, $"{database}-wal" }.Where(File.Exists))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        return Stamp() == stamp && !File.Exists($"{database}-shm")
            ? Path.Combine(folder, Path.GetFileName(database))
            : throw new IOException($"{database}: somebody began to write to it while it was copied; try again");

        (long, DateTime, long, DateTime) Stamp()
        {
            var (file, log) = (new FileInfo(database), new FileInfo($"{database}-wal"));
            return (file.Length, file.LastWriteTimeUtc, log.Exists ? log.Length : -1, log.LastWriteTimeUtc);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
