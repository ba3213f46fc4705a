using System.Buffers;
using Comptroller.Drift.Api;
using Comptroller.Drift.Events;
using Comptroller.Drift.Intake;
using Microsoft.AspNetCore.Http;

namespace Comptroller.Operator.Verbs.Drift;

/// <summary>Reads bodies, and hands those with events to the intake.</summary>
/// <param name="intake">Judges them.</param>
/// <param name="patience">How long a long body may take to arrive.</param>
internal sealed class WatchIntake(EventIntake intake, TimeSpan patience) : IDisposable
{
    /// <summary>Bodies longer than this, in bytes, and those that do not tell their length, are read a few at a time: what is understood takes ten times the memory until it is written.</summary>
    private const int LongBody = 16 << 10;

    private const int MostLongBodies = 8;

    private static readonly ApiAnswer Accepted = new(StatusCodes.Status202Accepted, ReadOnlyMemory<byte>.Empty);

    private readonly SemaphoreSlim _places = new(MostLongBodies);

    public static string TooLong => $"a body of more than {EventIntake.MostBytes} bytes is not read";

    public async Task<ApiAnswer> PostAsync(HttpContext context)
    {
        CheckKind(context.Request);
        if (context.Request.ContentLength <= LongBody)
        {
            return await TakeAsync(context, context.RequestAborted);
        }

        await _places.WaitAsync(context.RequestAborted);
        using var slow = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        slow.CancelAfter(patience);
        try
        {
            return await TakeAsync(context, slow.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            // Eight who send a byte now and then would keep everybody else's lists waiting.
            throw new ApiException(StatusCodes.Status408RequestTimeout, $"the body has not arrived within {patience.TotalSeconds:0} s; send shorter lists");
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();

    private async Task<ApiAnswer> TakeAsync(HttpContext context, CancellationToken reading)
    {
        var (buffer, length) = await ReadAsync(context, reading);
        try
        {
            if (context.Request.Headers[EventGridQuestion.Header] == EventGridQuestion.Validation)
            {
                return new ApiAnswer(StatusCodes.Status200OK, EventGridQuestion.Answer(buffer.AsMemory(0, length)));
            }

            var answer = await intake.PostAsync(buffer.AsMemory(0, length), context.RequestAborted);
            return answer.Result switch
            {
                IntakeResult.Accepted => Accepted,
                IntakeResult.Refused => ApiAnswer.Error(StatusCodes.Status400BadRequest, answer.Message),
                _ => ApiAnswer.Error(StatusCodes.Status503ServiceUnavailable, answer.Message),
            };
        }
        catch (FormatException e)
        {
            return ApiAnswer.Error(StatusCodes.Status400BadRequest, e.Message);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>A body of the API; empty when there is none.</summary>
    public static async Task<ReadOnlyMemory<byte>> BodyAsync(HttpContext context)
    {
        if (context.Request.ContentLength is 0 || (context.Request.ContentLength is null && !context.Request.Headers.ContainsKey("Transfer-Encoding")))
        {
            return default;
        }

        CheckKind(context.Request);
        var (buffer, length) = await ReadAsync(context, context.RequestAborted);
        var body = buffer.AsSpan(0, length).ToArray();
        ArrayPool<byte>.Shared.Return(buffer);
        return body;
    }

    // A form of another site can send text, but not JSON, without asking first.
    private static void CheckKind(HttpRequest request)
    {
        var kind = request.ContentType ?? "";
        if (!kind.StartsWith("application/", StringComparison.OrdinalIgnoreCase) || !kind.Contains("json", StringComparison.OrdinalIgnoreCase))
        {
            throw ApiException.BadRequest("Invalid Content-Type header: send application/json");
        }
    }

    private static async Task<(byte[] Buffer, int Length)> ReadAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var length = Math.Min(context.Request.ContentLength ?? 16 << 10, EventIntake.MostBytes);
        var buffer = ArrayPool<byte>.Shared.Rent((int)length + 1);
        try
        {
            var read = 0;
            while (await context.Request.Body.ReadAsync(buffer.AsMemory(read), cancellationToken) is > 0 and var more)
            {
                read += more;
                if (read > EventIntake.MostBytes)
                {
                    // Who is answered while it still sends sees a broken connection, not the answer.
                    while (await context.Request.Body.ReadAsync(buffer, cancellationToken) > 0)
                    {
                    }

                    throw new ApiException(StatusCodes.Status413PayloadTooLarge, TooLong);
                }

                if (read == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    buffer.AsSpan(0, read).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }
            }

            return (buffer, read);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }
}
