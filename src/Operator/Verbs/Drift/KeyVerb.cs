using System.CommandLine;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Store;

namespace Comptroller.Operator.Verbs.Drift;

/// <summary><c>drift key</c>: keys of the API, made where the store is: the first one needs nobody's leave but the file system's.</summary>
internal static class KeyVerb
{
    public static Command Create() => new("key", "Make, list and end keys of the API, in the store of a configuration") { CreateKey(), List(), Revoke(), Rotate() };

    private static Command CreateKey()
    {
        var (options, name) = (new DriftOptions(), new Argument<string>("name") { Description = "What people call it" });
        var scopes = new Option<string[]>("--scope") { Description = $"What it may do: {ScopeNames.All}", AllowMultipleArgumentsPerToken = true, Required = true };
        var days = new Option<int?>("--days") { Description = "Days until it ends; for good without" };
        var command = new Command("create", "Make a key; it is printed once and kept nowhere") { name, scopes, days };
        options.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            var granted = result.GetValue(scopes)!.Aggregate(Scopes.None, (all, each) => all | (ScopeNames.Parse(each) ?? throw new FormatException($"--scope: \"{each}\" is none of {ScopeNames.All}")));
            DateTimeOffset? expires = result.GetValue(days) switch
            {
                null => null,
                > 0 and <= 3650 and var number => TimeProvider.System.GetUtcNow().AddDays(number),
                _ => throw new FormatException("--days: must be from 1 to 3650"),
            };
            await using var store = await OpenAsync(options, result, cancellationToken);
            var made = await new ApiKeys(store, TimeProvider.System).CreateAsync(result.GetValue(name)!, granted, "command line", expires, cancellationToken)
                ?? throw new FormatException($"a key is called \"{result.GetValue(name)}\" already, or there are {ApiKeys.Most}");
            await result.InvocationConfiguration.Output.WriteLineAsync(made.Key);
            return ExitCodes.Clean;
        });
        return command;
    }

    private static Command List()
    {
        var options = new DriftOptions();
        var command = new Command("list", "List keys");
        options.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var store = await OpenAsync(options, result, cancellationToken);
            foreach (var key in await new ApiKeys(store, TimeProvider.System).ListAsync(cancellationToken))
            {
                await result.InvocationConfiguration.Output.WriteLineAsync($"{key.Id}  {string.Join(',', key.Scopes.List()),-24}  {key.Created:yyyy-MM-dd}  {(key.Expires is { } end ? $"{end:yyyy-MM-dd}" : "no end"),-10}  {key.Name}");
            }

            return ExitCodes.Clean;
        });
        return command;
    }

    private static Command Revoke()
    {
        var (options, name) = (new DriftOptions(), new Argument<string>("key") { Description = "Its id or name" });
        var command = new Command("revoke", "End a key") { name };
        options.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var store = await OpenAsync(options, result, cancellationToken);
            _ = await new ApiKeys(store, TimeProvider.System).RevokeAsync(result.GetValue(name)!, cancellationToken) ?? throw new FormatException($"no key is called \"{result.GetValue(name)}\"; see drift key list");
            return ExitCodes.Clean;
        });
        return command;
    }

    private static Command Rotate()
    {
        var (options, name) = (new DriftOptions(), new Argument<string>("key") { Description = "Its id or name" });
        var overlap = new Option<int>("--overlap") { Description = "Seconds that the old one goes on", DefaultValueFactory = _ => 0 };
        var command = new Command("rotate", "Replace a key by one of the same name and scopes") { name, overlap };
        options.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            var seconds = result.GetValue(overlap) is >= 0 and <= 604_800 and var given ? given : throw new FormatException("--overlap: must be from 0 to 604800");
            await using var store = await OpenAsync(options, result, cancellationToken);
            var made = await new ApiKeys(store, TimeProvider.System).RotateAsync(result.GetValue(name)!, "command line", TimeSpan.FromSeconds(seconds), cancellationToken)
                ?? throw new FormatException($"no key is called \"{result.GetValue(name)}\"; see drift key list");
            await result.InvocationConfiguration.Output.WriteLineAsync(made.Key);
            return ExitCodes.Clean;
        });
        return command;
    }

    private static async Task<DriftStore> OpenAsync(DriftOptions options, ParseResult result, CancellationToken cancellationToken) =>
        await DriftOptions.StoreAsync(await options.ConfigAsync(result, cancellationToken), cancellationToken);
}
