namespace Comptroller.Kubernetes.Schemas;

/// <summary>One cause of a 422.</summary>
/// <param name="Reason">Such as <c>FieldValueInvalid</c>, <c>FieldValueRequired</c>, <c>FieldValueNotSupported</c>.</param>
/// <param name="Message">The server's words without the path: <c>Invalid value: 0: spec.size in body should be ...</c>.</param>
/// <param name="Field">Dotted path, such as <c>spec.parts[0].name</c>; empty for the whole body.</param>
public sealed record FieldError(string Reason, string Message, string Field);
