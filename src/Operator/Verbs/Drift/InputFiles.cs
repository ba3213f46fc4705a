namespace Comptroller.Operator.Verbs.Drift;

/// <summary>Files that a verb is given, or standard input for <c>-</c>.</summary>
internal static class InputFiles
{
    public static async Task<byte[]> ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (path != "-")
        {
            return await File.ReadAllBytesAsync(path, cancellationToken);
        }

        using var copy = new MemoryStream();
        await Console.OpenStandardInput().CopyToAsync(copy, cancellationToken);
        return copy.ToArray();
    }

    public static Stream Open(string path) => path == "-" ? Console.OpenStandardInput() : File.OpenRead(path);
}
