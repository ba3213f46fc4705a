namespace Comptroller.Conformance.Replay;

/// <summary>Where a resource version stands, which decides how exactly it must repeat.</summary>
internal enum VersionRole
{
    /// <summary>The version of one object: every appearance is equal.</summary>
    OfObject,

    /// <summary>The version of a list, or one mentioned in a text: other traffic lets it run ahead of the newest object.</summary>
    OfCollection,

    /// <summary>The version of a bookmark: depends on when it was sent.</summary>
    OfBookmark,
}
