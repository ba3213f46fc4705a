using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Daemon;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.RateLimiting;
using Comptroller.Falcon.Scheduling;

namespace Comptroller.Falcon.Testing;

/// <summary>Cases about time: schedules, limits, retries, health.</summary>
internal static class TimeCases
{
    // How a list of pauses may be called.
    private static readonly string[] PauseNames = ["series", "series_s", "sleeps_s", "backoff_s", "backoffs_s", "backoff_series", "delays_s", "pauses_s", "result"];

    public static JsonObject CronNext(FalconCase test)
    {
        var from = DateTimeOffset.Parse(test.Policy.Text("from") ?? "", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        var next = CronSchedule.Parse(test.Policy.Text("expr") ?? "").Next(from, TimeZoneInfo.Utc);
        return new JsonObject { ["next"] = next.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) };
    }

    public static JsonObject CronField(FalconCase test)
    {
        var field = Scheduling.CronField.Parse(test.Policy.Text("field") ?? "", "field", test.Policy.Field("min")!.Value.GetInt32(), test.Policy.Field("max")!.Value.GetInt32());
        return new JsonObject { ["values"] = new JsonArray([.. field.Values.Select(value => (JsonNode)JsonValue.Create(value))]) };
    }

    public static async Task<JsonObject> ScheduleAsync(FalconCase test, CancellationToken cancellationToken)
    {
        var time = new VirtualTime();
        using var limiter = new RateLimiter(Limit(test), time);
        var sample = test.Policy.Items("sample").Select(item => item.GetInt32()).ToHashSet();
        var times = new JsonObject();
        for (var number = 1; number <= sample.Max(); number++)
        {
            await limiter.AcquireAsync(cancellationToken);
            if (sample.Contains(number))
            {
                times[number.ToString(CultureInfo.InvariantCulture)] = time.Elapsed.TotalSeconds;
            }
        }

        return new JsonObject { ["acquire_time_s"] = times };
    }

    public static async Task<JsonObject> RetryAsync(FalconCase test, bool asReference, CancellationToken cancellationToken)
    {
        var time = new VirtualTime();
        using var limiter = new RateLimiter(Limit(test), time);
        var errors = test.Policy.Items("errors").Select(item => item.ValueKind == JsonValueKind.String ? item.GetString() : null).ToList();
        var calls = 0;
        var last = AttemptOutcome.Done;
        string result;
        try
        {
            result = await new Retrying(limiter, time).RunAsync(_ => Task.FromResult(Attempt(errors[Math.Min(calls++, errors.Count - 1)])), cancellationToken);
        }
        catch (InvalidDataException e)
        {
            result = $"raised: {e.Message}";
        }

        var sleeps = time.Waits.Select(wait => wait.TotalSeconds).ToList();
        if (asReference && last == AttemptOutcome.Transient)
        {
            // The replaced tool also sleeps when no attempt follows.
            sleeps.Add(Math.Min(BackOff.After(calls).TotalSeconds, 60));
        }

        return new JsonObject
        {
            ["result"] = result,
            ["calls"] = calls,
            ["sleeps_s"] = new JsonArray([.. sleeps.Select(sleep => (JsonNode)JsonValue.Create(sleep))]),
            ["failed_requests"] = limiter.Counts.Failed,
            ["consecutive_429s"] = limiter.Counts.Consecutive429,
        };

        Attempt<string> Attempt(string? error)
        {
            last = Outcome(error);
            if (last == AttemptOutcome.Done)
            {
                limiter.Succeeded(null);
            }
            else if (last == AttemptOutcome.Throttled)
            {
                limiter.TooManyRequests(null);
            }

            return new Attempt<string>(last, "ok", error is null ? null : new InvalidDataException(error));
        }
    }

    public static JsonObject BackOffSeries(FalconCase test)
    {
        // Numbers of refusals that follow each other, as a list or as the last of them; else as many as the longest list of pauses that is wanted.
        var wanted = test.Recommended.ValueKind == JsonValueKind.Object ? test.Recommended : test.Expected;
        var inputs = test.Policy.EnumerateObject().Select(field => field.Value).ToList();
        var listed = inputs.Find(value => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number));
        var most = inputs.Find(value => value.ValueKind == JsonValueKind.Number) is { ValueKind: JsonValueKind.Number } last ? last.GetInt32()
            : wanted.EnumerateObject().Where(field => field.Value.ValueKind == JsonValueKind.Array).Select(field => field.Value.GetArrayLength()).DefaultIfEmpty(1).Max();
        var refusals = listed.ValueKind == JsonValueKind.Array ? listed.EnumerateArray().Select(item => item.GetInt32()) : Enumerable.Range(1, most);
        var pauses = new JsonArray([.. refusals.Select(failures => (JsonNode)JsonValue.Create(BackOff.After(failures).TotalSeconds))]);
        return new JsonObject(PauseNames.Select(name => KeyValuePair.Create(name, (JsonNode?)pauses.DeepClone())));
    }

    public static JsonObject Health(FalconCase test)
    {
        var health = new RunHealth();
        var after = new JsonArray();
        foreach (var item in test.Policy.Texts("events"))
        {
            health.Record(item == "S");
            after.Add((JsonNode)new JsonArray(health.Status, health.ConsecutiveFailures));
        }

        return new JsonObject { ["after_each"] = after };
    }

    private static AttemptOutcome Outcome(string? error)
    {
        return error is null ? AttemptOutcome.Done
            : Says("429", "rate limit", "too many requests") ? AttemptOutcome.Throttled
            : Says("503", "502", "timeout") ? AttemptOutcome.Transient
            : AttemptOutcome.Fatal;

        bool Says(params ReadOnlySpan<string> texts)
        {
            foreach (var text in texts)
            {
                if (error.Contains(text, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }

            return false;
        }
    }

    private static RateLimit Limit(FalconCase test)
    {
        var config = test.Policy.Field("config") ?? default;
        var limit = new RateLimit();
        return limit with
        {
            RequestsPerSecond = config.Field("requests_per_second")?.GetDouble() ?? limit.RequestsPerSecond,
            RequestsPerMinute = config.Field("requests_per_minute")?.GetInt32() ?? limit.RequestsPerMinute,
            BurstSize = config.Field("burst_size")?.GetInt32() ?? limit.BurstSize,
            RetryAttempts = config.Field("retry_attempts")?.GetInt32() ?? limit.RetryAttempts,
        };
    }
}
