using System.Buffers;
using Comptroller.Drift.Api;
using Comptroller.Drift.Events;
using Comptroller.Drift.Intake;
using Microsoft.AspNetCore.Http;

namespace Comptroller.Operator.Verbs.Drift;

/// <summary>Reads bodies, and hands those with events to the intake.</summary>
internal sealed class WatchIntake(EventIntake intake)
{
    private static readonly ApiAnswer Accepted = new(StatusCodes.Status202Accepted, ReadOnlyMemory<byte>.Empty);

    public static string TooLong => $"a body of more than {EventIntake.MostBytes} bytes is not read";

    public async Task<ApiAnswer> PostAsync(HttpContext context)
    {
        CheckKind(context.Request);
        var (buffer, length) = await ReadAsync(context);
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
        var (buffer, length) = await ReadAsync(context);
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

    private static async Task<(byte[] Buffer, int Length)> ReadAsync(HttpContext context)
    {
        var length = Math.Min(context.Request.ContentLength ?? 16 << 10, EventIntake.MostBytes);
        var buffer = ArrayPool<byte>.Shared.Rent((int)length + 1);
        try
        {
            var read = 0;
            while (await context.Request.Body.ReadAsync(buffer.AsMemory(read), context.RequestAborted) is > 0 and var more)
            {
                read += more;
                if (read > EventIntake.MostBytes)
                {
                    // Who is answered while it still sends sees a broken connection, not the answer.
                    while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted) > 0)
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
