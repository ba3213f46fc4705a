namespace Comptroller.Kubernetes.Client.Configuration;

/// <summary>The configuration cannot be used. The message names file, line and entry, and never a secret.</summary>
public sealed class KubeConfigException(string message, Exception? inner = null) : Exception(message, inner);
