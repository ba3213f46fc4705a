namespace Comptroller.Drift.Api.Streams;

/// <summary>What a message of a client leads to: a text, or a question that the API answers.</summary>
/// <param name="Text">The text; empty when it is a question.</param>
/// <param name="Query">The question; null when it is none.</param>
public sealed record SocketAnswer(string Text, SocketQuery? Query = null);

/// <summary>A question of a client.</summary>
/// <param name="Topic">What it is about.</param>
/// <param name="Target">The target of a GET that answers it.</param>
public sealed record SocketQuery(string Topic, string Target);
