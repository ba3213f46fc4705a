namespace Comptroller.Kubernetes.Client;

/// <summary>A secret that no log line, exception or record printout shows by accident.</summary>
public sealed class SecretString(string value)
{
    private readonly string value = value;

    /// <summary>The secret itself. Call it where the secret leaves the process, nowhere else.</summary>
    public string Reveal() => value;

    public override string ToString() => "***";
}
