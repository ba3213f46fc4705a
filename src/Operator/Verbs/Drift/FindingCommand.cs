using System.CommandLine;

namespace Comptroller.Operator.Verbs.Drift;

/// <summary>
/// A verb that ends with 2 when it finds drift, as <c>terraform plan -detailed-exitcode</c> does. Whatever keeps it from finding out, a
/// mistyped option too, must end with 1: a pipeline would take 2 for drift.
/// </summary>
internal sealed class FindingCommand(string name, string description) : Command(name, description);
