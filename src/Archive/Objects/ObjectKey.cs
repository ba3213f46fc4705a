namespace Comptroller.Archive.Objects;

/// <summary>Rules that keys must keep in every store.</summary>
public static class ObjectKey
{
    /// <summary>Refuses keys that a file system or a proxy could take for another place.</summary>
    /// <exception cref="ArgumentException">It is empty, too long, or has a part that is empty, <c>.</c> or <c>..</c>.</exception>
    public static void Check(string key)
    {
        if (key.Length is 0 or > 1000
            || key.Split('/').Any(part => part is "" or "." or "..")
            || key.Any(character => char.IsControl(character) || character is '\\' or ':'))
        {
            throw new ArgumentException($"\"{key}\" is no key of an object: parts separated by /, none of them empty, . or ..", nameof(key));
        }
    }
}
