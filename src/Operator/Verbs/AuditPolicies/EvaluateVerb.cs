using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.Operator.Verbs.AuditPolicies;

/// <summary><c>audit-policy evaluate</c>: what a policy records of a request, and why.</summary>
internal static class EvaluateVerb
{
    // Otherwise a key that is there twice is found out only when it is asked for, and by another exception.
    private static readonly JsonDocumentOptions OneOfEachKey = new() { AllowDuplicateProperties = false };

    public static Command Create()
    {
        var policy = new Option<string>("--policy", "-p") { Description = "File with a Policy or an AuditPolicy resource, or -", Required = true };
        var events = new Option<string?>("--event") { Description = "File with audit events, one JSON object a line, or -; instead of the options of a request" };
        var format = new Option<string>("--output", "-o") { Description = "text, or json: one object a line", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json");
        var request = new RequestOptions();
        var command = new Command("evaluate", "Show what a policy records of a request, which rule decides, and why not another: exit 0, 2 on errors and for events that could not be read") { policy, events, format };
        foreach (var option in request.All)
        {
            command.Add(option);
        }

        command.SetAction((result, cancellationToken) => RunAsync(
            PolicyDocument.ReadOne(result.GetValue(policy)!).Policy,
            result.GetValue(events),
            result.GetValue(events) is null || request.AreGiven(result) ? request.Read(result) : null,
            result.GetValue(format) == "json",
            result.InvocationConfiguration,
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Policy policy, string? events, AuditRequest? request, bool asJson, InvocationConfiguration console, CancellationToken cancellationToken)
    {
        if (events is not null && request is not null)
        {
            throw new InvalidInputException(["--event and the options of a request exclude each other"]);
        }

        if (events is not (null or "-") && !File.Exists(events))
        {
            throw new InvalidInputException([$"--event {events}: no such file"]);
        }

        var evaluation = new Evaluation(policy);
        if (request is not null)
        {
            await console.Output.WriteAsync(asJson ? evaluation.Json(request) + "\n" : evaluation.Text(request));
            return ExitCodes.Clean;
        }

        var (line, unreadable) = (0, 0);
        using var reader = events == "-" ? Console.In : new StreamReader(events!);
        while (await reader.ReadLineAsync(cancellationToken) is { } text)
        {
            line++;
            if (string.IsNullOrWhiteSpace(text))
            {
                continue;
            }

            try
            {
                var recorded = RecordedRequest.Of(JsonNode.Parse(text, documentOptions: OneOfEachKey));
                await console.Output.WriteLineAsync(asJson ? evaluation.Json(recorded) : evaluation.Line(recorded));
            }
            catch (Exception e) when (e is JsonException or FormatException)
            {
                // A log may end in the middle of a line; the rest of it is worth seeing all the same.
                unreadable++;
                await console.Error.WriteLineAsync($"{events}:{line}: {(e is JsonException ? "not one JSON object" : e.Message)}");
            }
        }

        return unreadable == 0 ? ExitCodes.Clean : ExitCodes.Errors;
    }
}
