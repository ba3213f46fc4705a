namespace Comptroller.Kubernetes.Yaml;

/// <summary>Text that is not the YAML we can use. Line and column count from 1.</summary>
public sealed class YamlException(string problem, int line, int column, Exception? inner = null)
    : Exception($"line {line}, column {column}: {problem}", inner)
{
    /// <summary>What is wrong, without the place.</summary>
    public string Problem { get; } = problem;
    public int Line { get; } = line;
    public int Column { get; } = column;
}
