namespace Comptroller.Archive.Tests.Testing;

/// <summary>A directory that goes with the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("comptroller-test-");

    public string Path => _directory.FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public IEnumerable<string> Files => _directory.EnumerateFiles("*", SearchOption.AllDirectories).Select(file => System.IO.Path.GetRelativePath(Path, file.FullName)).Order(StringComparer.Ordinal);

    /// <summary>Whether users who are neither the owner of a file nor in its group may read or write it.</summary>
    public bool IsOpenToOthers(string name) => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(this[name]) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != UnixFileMode.None;

    public void CloseToOthers(string name)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(this[name], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    /// <summary>A file of its own with a text; its path.</summary>
    public string Write(string text)
    {
        var path = this[$"{Guid.NewGuid():N}"];
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
