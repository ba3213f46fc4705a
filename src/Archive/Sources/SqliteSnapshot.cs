using Comptroller.Archive.Backups;
using Microsoft.Data.Sqlite;

namespace Comptroller.Archive.Sources;

/// <summary>
/// A copy of a SQLite database as it was at one moment, also while others write to it: its file and its journal copied one after the other may be of two
/// moments, and then are no database. The copy lies on the disk until it is disposed of.
/// </summary>
public sealed class SqliteSnapshot : IDisposable
{
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
            await using (var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = database, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString()))
            {
                await connection.OpenAsync(cancellationToken);
                await using var command = connection.CreateCommand();
                command.CommandText = "VACUUM INTO $copy";
                command.Parameters.AddWithValue("$copy", copy);
                await command.ExecuteNonQueryAsync(cancellationToken);
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

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
