using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Comptroller.Drift.Store;

/// <summary>
/// A statement that is prepared once and run for every row of a batch. It talks to SQLite itself: by way of a <c>DbCommand</c>, which looks
/// its parameters up by name and boxes their values, a row cost three times as much as SQLite takes for it. Not safe for use by several at once.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private int _bound;

    /// <param name="connection">Open, and open for longer than this.</param>
    /// <param name="text">One statement; its parameters are question marks, numbered or not.</param>
    /// <exception cref="SqliteException">It cannot be prepared.</exception>
    public SqliteStatement(SqliteConnection connection, string text)
    {
        _database = connection.Handle!;
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v3(_database, text, raw.SQLITE_PREPARE_PERSISTENT, out _statement), _database);
    }

    /// <summary>The next parameter.</summary>
    public SqliteStatement With(long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, ++_bound, value));
        return this;
    }

    /// <summary>The next parameter.</summary>
    public SqliteStatement With(long? value) => value is { } number ? With(number) : Null();

    /// <summary>The next parameter.</summary>
    public SqliteStatement With(DateTimeOffset? value) => value is { } time ? With(Sql.Number(time)) : Null();

    /// <summary>The next parameter.</summary>
    public SqliteStatement With(string? value)
    {
        if (value is null)
        {
            return Null();
        }

        Check(raw.sqlite3_bind_text(_statement, ++_bound, value));
        return this;
    }

    /// <summary>The next parameter.</summary>
    public SqliteStatement With(ReadOnlySpan<byte> value)
    {
        Check(raw.sqlite3_bind_blob(_statement, ++_bound, value));
        return this;
    }

    /// <summary>Runs it to its end.</summary>
    /// <returns>How many rows it changed.</returns>
    /// <exception cref="SqliteException">The disk is full, the file locked, or broken.</exception>
    public int Execute()
    {
        Step();
        Reset();
        return raw.sqlite3_changes(_database);
    }

    /// <summary>Runs it for the one number that it answers; null when it answers nothing.</summary>
    /// <exception cref="SqliteException">The disk is full, the file locked, or broken.</exception>
    public long? Number()
    {
        if (!Step())
        {
            Reset();
            return null;
        }

        var number = raw.sqlite3_column_int64(_statement, 0);
        // A statement that changes something has done so only at its end.
        while (Step())
        {
        }

        Reset();
        return number;
    }

    /// <summary>The number of the row that was inserted last over this connection.</summary>
    public long LastNumber => raw.sqlite3_last_insert_rowid(_database);

    public void Dispose() => _statement.Dispose();

    private SqliteStatement Null()
    {
        Check(raw.sqlite3_bind_null(_statement, ++_bound));
        return this;
    }

    private bool Step()
    {
        var code = raw.sqlite3_step(_statement);
        if (code is raw.SQLITE_ROW or raw.SQLITE_DONE)
        {
            return code == raw.SQLITE_ROW;
        }

        try
        {
            // Before the reset, which is another call and may have another message.
            SqliteException.ThrowExceptionForRC(code, _database);
        }
        finally
        {
            Reset();
        }

        return false;
    }

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            Reset();
            SqliteException.ThrowExceptionForRC(code, _database);
        }
    }

    private void Reset()
    {
        raw.sqlite3_reset(_statement);
        _bound = 0;
    }
}
