using System.Data.Common;
using System.Globalization;

namespace Comptroller.Drift.Store;

/// <summary>What the store says to either database.</summary>
internal static class Sql
{
    public static DbCommand Command(this DbConnection connection, string text, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value ?? DBNull.Value);
            command.Parameters.Add(parameter);
        }

        return command;
    }

    public static async Task<int> ExecuteAsync(this DbCommand command, CancellationToken cancellationToken)
    {
        await using (command)
        {
            return await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>The one number that a command answers; null when it answers nothing.</summary>
    public static async Task<long?> NumberAsync(this DbCommand command, CancellationToken cancellationToken)
    {
        await using (command)
        {
            return await command.ExecuteScalarAsync(cancellationToken) is { } value and not DBNull ? Convert.ToInt64(value, CultureInfo.InvariantCulture) : null;
        }
    }

    /// <summary>Every row that a command answers.</summary>
    public static async Task<List<T>> RowsAsync<T>(this DbCommand command, Func<DbDataReader, T> read, CancellationToken cancellationToken)
    {
        await using (command)
        {
            var rows = new List<T>();
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                rows.Add(read(row));
            }

            return rows;
        }
    }

    public static string? NullableText(this DbDataReader row, int at) => row.IsDBNull(at) ? null : row.GetString(at);

    public static long? NullableNumber(this DbDataReader row, int at) => row.IsDBNull(at) ? null : row.GetInt64(at);

    public static DateTimeOffset? NullableTime(this DbDataReader row, int at) => row.IsDBNull(at) ? null : Time(row.GetInt64(at));

    public static long Number(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    public static object? Number(DateTimeOffset? time) => time?.ToUnixTimeMilliseconds();

    public static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
