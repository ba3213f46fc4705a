using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Archive.Files;

namespace Comptroller.Archive.Objects;

/// <summary>
/// Sessions in which long objects are being written, on the local disk: after a kill the same object goes on in its session, which the service keeps for a
/// week. Whoever knows the address of a session may write into it, so the file is for its owner alone.
/// </summary>
/// <param name="path">Null to remember none.</param>
internal sealed class GoogleSessions(string? path) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>The session of an object of this name and content; null when none is known.</summary>
    public Uri? Find(string name, string md5)
    {
        var known = Read()[name];
        return (string?)known?["md5"] == md5 && Uri.TryCreate((string?)known?["session"], UriKind.Absolute, out var session) ? session : null;
    }

    public Task NoteAsync(string name, string md5, Uri session, CancellationToken cancellationToken) =>
        ChangeAsync(known => known[name] = new JsonObject { ["md5"] = md5, ["session"] = session.ToString() }, cancellationToken);

    public Task ForgetAsync(string name, CancellationToken cancellationToken) => ChangeAsync(known => known.Remove(name), cancellationToken);

    public void Dispose() => _one.Dispose();

    private async Task ChangeAsync(Action<JsonObject> change, CancellationToken cancellationToken)
    {
        if (path is null)
        {
            return;
        }

        await _one.WaitAsync(cancellationToken);
        try
        {
            var known = Read();
            change(known);
            if (known.Count == 0)
            {
                File.Delete(path);
                return;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            await DurableFile.WriteAsync(path, Encoding.UTF8.GetBytes(known.ToJsonString()), cancellationToken, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
        finally
        {
            _one.Release();
        }
    }

    private JsonObject Read()
    {
        try
        {
            return path is not null && File.Exists(path) && JsonNode.Parse(File.ReadAllBytes(path)) is JsonObject known ? known : [];
        }
        catch (JsonException)
        {
            // Somebody else's file, or one that was changed: an object that is sent anew is no worse than one that was never begun.
            return [];
        }
    }
}
