using System.Text;

namespace Comptroller.Sandbox.Http;

/// <summary>The text of a kubeconfig with one cluster, one user and one context.</summary>
internal static class Kubeconfig
{
    public static string Text(Uri server, string caPem, string token) => $"""
        apiVersion: v1
        kind: Config
        clusters:
        - name: sandbox
          cluster:
            server: {server.GetLeftPart(UriPartial.Authority)}
            certificate-authority-data: {Convert.ToBase64String(Encoding.UTF8.GetBytes(caPem))}
        users:
        - name: sandbox-admin
          user:
            token: {token}
        contexts:
        - name: sandbox
          context:
            cluster: sandbox
            user: sandbox-admin
            namespace: default
        current-context: sandbox

        """;
}
