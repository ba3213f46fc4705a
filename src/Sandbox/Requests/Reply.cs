using System.Text.Json.Nodes;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Requests;

/// <summary>What a request ends in, before it is put into the form that the client accepts.</summary>
internal abstract record Reply
{
    /// <summary>An object of the requested kind.</summary>
    internal sealed record One(int Status, ServedObject Object) : Reply;

    /// <summary>A page of objects of the requested kind.</summary>
    /// <param name="Continue">Empty on the last page.</param>
    /// <param name="Remaining">Null when it is not known, as with selectors.</param>
    internal sealed record Many(IReadOnlyList<ServedObject> Objects, long Revision, string Continue = "", long? Remaining = null) : Reply;

    /// <summary>Anything else: a Status, a review, a Scale.</summary>
    internal sealed record Document(int Status, JsonObject Body) : Reply;
}
