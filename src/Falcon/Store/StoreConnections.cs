using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Comptroller.Falcon.Store;

/// <summary>Where runs are kept: a SQLite file, or PostgreSQL by its connection string.</summary>
public sealed class StoreConnections : IAsyncDisposable
{
    private readonly string _path;
    private readonly NpgsqlDataSource? _postgres;

    /// <param name="address">A path, or <c>postgresql://…</c>, or a connection string with <c>Host=</c>.</param>
    /// <exception cref="FormatException">It is none of these. The message does not repeat it: it may hold a password.</exception>
    public StoreConnections(string address)
    {
        Address = address;
        _path = IsPostgres ? "" : address.Length > 0 ? Path.GetFullPath(address) : throw new FormatException("the store has no name: write the path of a SQLite file, or the address of a PostgreSQL");
        if (IsPostgres)
        {
            _postgres = Source(address) ?? throw new FormatException("the address of the PostgreSQL store cannot be read: a key is unknown, or a value is not one that it takes; "
                + "write postgresql://user:password@host:5432/database?key=value, or Host=…;Username=…;Password=…;Database=…");
        }
        else
        {
            SQLitePCL.Batteries_V2.Init();
        }
    }

    /// <summary>As it was given; may hold a password.</summary>
    private string Address { get; }

    public bool IsPostgres => Address.StartsWith("postgres", StringComparison.OrdinalIgnoreCase) || Address.Contains("Host=", StringComparison.OrdinalIgnoreCase);

    /// <summary>How reports name it.</summary>
    public string Kind => IsPostgres ? "postgresql" : "sqlite";

    /// <summary>The file; empty for PostgreSQL.</summary>
    public string FilePath => _path;

    public async Task<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        if (_postgres is not null)
        {
            return await _postgres.OpenConnectionAsync(cancellationToken);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _path, Pooling = false, DefaultTimeout = 30 }.ToString());
        await connection.OpenAsync(cancellationToken);
        // Readers go on reading the last run while the next one is written. A page cache of 8 MB, whatever the size of the fleet.
        await using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=30000; PRAGMA cache_size=-8192; PRAGMA temp_store=FILE; PRAGMA journal_size_limit=67108864;";
        await command.ExecuteNonQueryAsync(cancellationToken);
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }
    }

    private static NpgsqlDataSource? Source(string address)
    {
        try
        {
            return new NpgsqlSlimDataSourceBuilder(FromUrl(address)).Build();
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or NotSupportedException)
        {
            // The driver's exception quotes parts of the address, so it goes no further.
            return null;
        }
    }

    // The driver reads key=value strings only.
    private static string FromUrl(string address)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Scheme is not ("postgres" or "postgresql"))
        {
            return address;
        }

        var user = url.UserInfo.Split(':', 2);
        var builder = new NpgsqlConnectionStringBuilder { Host = url.Host, Database = url.AbsolutePath.Trim('/') };
        if (url.Port > 0)
        {
            builder.Port = url.Port;
        }

        if (user[0].Length > 0)
        {
            builder.Username = Uri.UnescapeDataString(user[0]);
        }

        if (user.Length > 1)
        {
            builder.Password = Uri.UnescapeDataString(user[1]);
        }

        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            builder[pair[..equals].Replace('_', ' ')] = Uri.UnescapeDataString(pair[(equals + 1)..]);
        }

        return builder.ConnectionString;
    }
}
