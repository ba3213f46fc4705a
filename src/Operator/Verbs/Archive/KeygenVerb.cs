using System.CommandLine;
using Comptroller.Archive.Evidence;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary><c>archive keygen</c>: a key pair that signs backups.</summary>
internal static class KeygenVerb
{
    public static Command Create()
    {
        var path = new Argument<string>("file") { Description = "Gets the private key; FILE.pub gets the public one" };
        var command = new Command("keygen", "Make a key pair on P-256 that signs backups") { path };
        command.SetAction(async (result, cancellationToken) =>
        {
            using var key = SigningKey.Create();
            var file = result.GetValue(path)!;
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            await using (var writer = new StreamWriter(new FileStream(file, options)))
            {
                await writer.WriteAsync(key.ToPem());
            }

            await File.WriteAllTextAsync($"{file}.pub", key.Public.ToPem(), cancellationToken);
            await result.InvocationConfiguration.Output.WriteLineAsync($"key {key.Public.Id}: {file} signs, {file}.pub proves; who has the first can forge backups, so keep it apart from them");
            return ExitCodes.Clean;
        });
        return command;
    }
}
