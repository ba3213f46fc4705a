using Comptroller.Archive.Sources;
using Comptroller.Archive.Tests.Testing;
using Microsoft.Data.Sqlite;

namespace Comptroller.Archive.Tests.Sources;

public sealed class SqliteSnapshotTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_database_is_copied_as_of_one_moment_while_others_write_to_it()
    {
        SQLitePCL.Batteries_V2.Init();
        await using var writer = Open(_directory["audit.db"]);
        await RunAsync(writer, "PRAGMA journal_mode = WAL; CREATE TABLE pair (a INT, b INT); INSERT INTO pair VALUES (1, 1)");
        // Both halves of each change are in the copy or neither; what is not committed is not.
        await RunAsync(writer, "BEGIN; UPDATE pair SET a = 2");
        string folder;
        using (var snapshot = await SqliteSnapshot.TakeAsync("db", _directory["audit.db"], _directory.Path, CancellationToken.None))
        {
            folder = Path.GetDirectoryName(snapshot.Source.Path)!;
            Path.GetFileName(snapshot.Source.Path).ShouldBe("audit.db");
            await RunAsync(writer, "UPDATE pair SET b = 2; COMMIT");
            await using var copy = Open(snapshot.Source.Path);
            await using var command = copy.CreateCommand();
            command.CommandText = "SELECT a || ',' || b FROM pair";
            (await command.ExecuteScalarAsync()).ShouldBe("1,1");
        }

        Directory.Exists(folder).ShouldBeFalse();
    }

    [Fact]
    public async Task What_is_no_database_is_told_and_leaves_nothing_behind()
    {
        await File.WriteAllTextAsync(_directory["text"], new string('x', 5000));
        (await Should.ThrowAsync<IOException>(() => SqliteSnapshot.TakeAsync("db", _directory["text"], _directory.Path, CancellationToken.None))).Message.ShouldContain("no copy of it can be made");
        await Should.ThrowAsync<FileNotFoundException>(() => SqliteSnapshot.TakeAsync("db", _directory["none"], _directory.Path, CancellationToken.None));
        Directory.GetDirectories(_directory.Path).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task On_a_volume_that_is_mounted_read_only_a_database_whose_writer_has_ended_is_copied_with_what_its_log_holds(bool killed)
    {
        SQLitePCL.Batteries_V2.Init();
        Directory.CreateDirectory(_directory["volume"]);
        await using (var writer = Open(_directory["audit.db"]))
        {
            await RunAsync(writer, "PRAGMA journal_mode = WAL; CREATE TABLE pair (a INT, b INT); PRAGMA wal_checkpoint(TRUNCATE); INSERT INTO pair VALUES (3, 4)");
            foreach (var file in killed ? new[] { "audit.db", "audit.db-wal" } : [])
            {
                File.Copy(_directory[file], _directory[$"volume/{file}"]);
            }
        }

        if (!killed)
        {
            File.Copy(_directory["audit.db"], _directory["volume/audit.db"]);
        }

        await using var mount = await ReadOnlyMount.TryAsync(_directory["volume"]);
        using var snapshot = await SqliteSnapshot.TakeAsync("db", _directory["volume/audit.db"], _directory.Path, CancellationToken.None);
        await using var copy = Open(snapshot.Source.Path);
        await using var command = copy.CreateCommand();
        command.CommandText = "SELECT a || ',' || b FROM pair";
        (await command.ExecuteScalarAsync()).ShouldBe("3,4");
    }

    private static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private static async Task RunAsync(SqliteConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
