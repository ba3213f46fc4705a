using System.Text;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Client.Configuration;
using Comptroller.Kubernetes.Tests.Client.Servers;

namespace Comptroller.Kubernetes.Tests.Client;

public sealed class KubeConfigTests : IDisposable
{
    private const string Simple = """
        apiVersion: v1
        kind: Config
        current-context: main
        preferences: {colors: true}
        contexts:
        - name: main
          context: {cluster: here, user: me, namespace: team}
        clusters:
        - name: here
          cluster:
            server: https://10.0.0.1:6443
        users:
        - name: me
          user:
            token: t0ken
        """;

    private readonly TestDirectory files = new();
    private readonly TestCertificates authority = new();

    public void Dispose()
    {
        authority.Dispose();
        files.Dispose();
    }

    private Task<KubeClientConfiguration> LoadAsync(string? kubeconfig, string? context = null, params (string Name, string Value)[] environment) =>
        new ConfigurationLoader
        {
            Environment = name => environment.FirstOrDefault(pair => pair.Name == name).Value,
            HomeDirectory = files.Root,
            ServiceAccountDirectory = Path.Combine(files.Root, "serviceaccount"),
        }.LoadAsync(kubeconfig, context, default);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    [Fact]
    public async Task T6_a_context_says_where_who_and_in_which_namespace()
    {
        var configuration = await LoadAsync(files.Write("config", Simple));

        configuration.Server.ShouldBe(new Uri("https://10.0.0.1:6443"));
        configuration.User.Token!.Reveal().ShouldBe("t0ken");
        configuration.Namespace.ShouldBe("team");
    }

    [Fact]
    public async Task T6_files_are_merged_first_definition_wins_and_missing_ones_are_skipped()
    {
        var first = files.Write("one", "contexts: [{name: other, context: {cluster: here, user: me}}]\nclusters: [{name: here, cluster: {server: 'https://first:1'}}]\n");
        var second = files.Write("two", Simple);

        var configuration = await LoadAsync(null, null, ("KUBECONFIG", $"{first}:{files.Root}/missing::{second}"));

        configuration.Server.ShouldBe(new Uri("https://first:1"));
        configuration.Namespace.ShouldBe("team");
        configuration.User.Token!.Reveal().ShouldBe("t0ken");
        (await LoadAsync(null, "other", ("KUBECONFIG", $"{first}:{second}"))).Namespace.ShouldBe("default");
    }

    [Fact]
    public async Task T6_paths_are_relative_to_their_own_file_and_data_and_tokenFile_win()
    {
        var client = authority.Client("me");
        files.Write("sub/pki/ca.crt", authority.AuthorityPem);
        files.Write("sub/pki/me.crt", client.CertificatePem);
        files.Write("sub/pki/me.key", client.KeyPem);
        files.Write("sub/token", "from-file");
        var path = files.Write("sub/config", """
            current-context: main
            contexts: [{name: main, context: {cluster: c, user: u}}, {name: data, context: {cluster: d, user: u}}]
            clusters:
            - name: c
              cluster: {server: "https://a", certificate-authority: pki/ca.crt, tls-server-name: kube, proxy-url: "socks5://proxy:1080"}
            - name: d
              cluster: {server: "https://a", certificate-authority: no/such/file, certificate-authority-data: AUTHORITY}
            users:
            - name: u
              user:
                client-certificate: pki/me.crt
                client-key: ./pki/me.key
                token: ignored
                tokenFile: token
                as: jane
                as-uid: "7"
                as-groups: [a, b]
                as-user-extra: {k: [v]}
            """.Replace("AUTHORITY", Base64(authority.AuthorityPem), StringComparison.Ordinal));

        var configuration = await LoadAsync(path);

        configuration.CertificateAuthorityFile.ShouldBe(Path.Combine(files.Root, "sub/pki/ca.crt"));
        configuration.User.ClientCertificateFile.ShouldBe(Path.Combine(files.Root, "sub/pki/me.crt"));
        configuration.User.ClientKeyFile.ShouldBe(Path.Combine(files.Root, "sub/pki/me.key"));
        configuration.User.TokenFile.ShouldBe(Path.Combine(files.Root, "sub/token"));
        (configuration.TlsServerName, configuration.Proxy).ShouldBe(("kube", new Uri("socks5://proxy:1080")));
        var impersonation = configuration.Impersonation.ShouldNotBeNull();
        (impersonation.User, impersonation.Uid, string.Join(",", impersonation.Groups), impersonation.Extra[0].Key).ShouldBe(("jane", "7", "a,b", "k"));
        var data = await LoadAsync(path, "data");
        data.CertificateAuthorityPem.ShouldBe(authority.AuthorityPem);
        data.CertificateAuthorityFile.ShouldBeNull();
    }

    [Fact]
    public async Task T7_an_exec_plugin_is_read_with_all_it_needs()
    {
        var path = files.Write("config", """
            current-context: main
            contexts: [{name: main, context: {cluster: c, user: u}}]
            clusters:
            - name: c
              cluster:
                server: https://a
                extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: x}}]
            users:
            - name: u
              user:
                exec:
                  apiVersion: client.authentication.k8s.io/v1
                  command: ./bin/login
                  args: [a, "1"]
                  env: [{name: A, value: b}]
                  installHint: install it
                  provideClusterInfo: true
                  interactiveMode: IfAvailable
            """);

        var plugin = (await LoadAsync(path)).User.Exec.ShouldNotBeNull();

        plugin.Command.ShouldBe(Path.Combine(files.Root, "bin/login"));
        plugin.Arguments.ShouldBe(["a", "1"]);
        plugin.Environment.ShouldBe([KeyValuePair.Create("A", "b")]);
        (plugin.InstallHint, plugin.ProvideClusterInfo, plugin.ClusterExtensionJson).ShouldBe(("install it", true, """{"audience":"x"}"""));
    }

    [Theory]
    [InlineData("contexts: [", "", ", line 17, column")]
    [InlineData("current-context: main", "current-context: gone", "line 3: there is no context named \"gone\" (known contexts: main)")]
    [InlineData("current-context: main\n", "", "current-context is not set")]
    [InlineData("cluster: here,", "cluster: there,", "line 7: context \"main\": there is no cluster named \"there\" (known clusters: here)")]
    [InlineData("cluster: here,", "", "line 7: context \"main\": cluster is not set")]
    [InlineData("user: me,", "user: you,", "line 7: context \"main\": there is no user named \"you\" (known users: me)")]
    [InlineData("    server: https://10.0.0.1:6443", "    x: y", "line 11: cluster \"here\": server is not set")]
    [InlineData("https://10.0.0.1:6443", "10.0.0.1:6443", "line 11: cluster \"here\": server must be an http or https URL")]
    [InlineData("https://10.0.0.1:6443", "https://a\n    certificate-authority-data: '%%'", "line 12: cluster \"here\": certificate-authority-data is not base64")]
    [InlineData("https://10.0.0.1:6443", "https://a\n    certificate-authority-data: aGVsbG8=", "line 12: cluster \"here\": the certificate authority of certificate-authority-data holds no PEM")]
    [InlineData("https://10.0.0.1:6443", "https://a\n    certificate-authority: gone.crt", "line 12: cluster \"here\": certificate-authority: there is no file")]
    [InlineData("https://10.0.0.1:6443", "https://a\n    insecure-skip-tls-verify: true\n    certificate-authority: x", "line 12: cluster \"here\": insecure-skip-tls-verify and a certificate-authority exclude each other")]
    [InlineData("https://10.0.0.1:6443", "https://a\n    insecure-skip-tls-verify: maybe", "line 12: cluster \"here\": insecure-skip-tls-verify must be true or false")]
    [InlineData("https://10.0.0.1:6443", "https://a\n    proxy-url: ftp://x", "line 12: cluster \"here\": proxy-url must be")]
    [InlineData("token: t0ken", "token: 12345", "line 15: user \"me\": token must be a string; quote it")]
    [InlineData("token: t0ken", "tokenFile: gone", "line 15: user \"me\": tokenFile: there is no file")]
    [InlineData("token: t0ken", "token: t0ken\n    username: x", "line 16: user \"me\": username and token exclude each other")]
    [InlineData("token: t0ken", "client-certificate-data: aGVsbG8=", "line 15: user \"me\": client-certificate is set without client-key")]
    [InlineData("token: t0ken", "client-key-data: aGVsbG8=", "client-key is set without client-certificate")]
    [InlineData("token: t0ken", "client-certificate-data: aGVsbG8=\n    client-key-data: aGVsbG8=", "line 15: user \"me\": the client certificate and key of client-certificate-data cannot be used")]
    [InlineData("token: t0ken", "as-groups: [a]", "user \"me\": as-uid, as-groups and as-user-extra need as")]
    [InlineData("token: t0ken", "auth-provider: {name: gcp}", "line 15: user \"me\": auth-provider is gone")]
    [InlineData("token: t0ken", "exec: {command: x}", "user \"me\", exec: apiVersion must be client.authentication.k8s.io/v1 or v1beta1, not empty")]
    [InlineData("token: t0ken", "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}", "user \"me\", exec: command is not set")]
    [InlineData("token: t0ken", "exec: {apiVersion: client.authentication.k8s.io/v1, command: x}", "interactiveMode must be Never, IfAvailable or Always; v1 has no default")]
    [InlineData("token: t0ken", "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: x, interactiveMode: Now}", "interactiveMode must be Never, IfAvailable or Always")]
    [InlineData("token: t0ken", "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: x, args: [1]}", "args must be a list of strings")]
    [InlineData("users:\n", "users: 7\nothers:\n", "line 12: users must be a list")]
    [InlineData("clusters:\n", "clusters: [7]\nothers:\n", "clusters[0] must be a mapping")]
    public async Task T6_a_malformed_kubeconfig_is_refused_with_file_line_and_entry(string replaced, string by, string problem)
    {
        var text = by.Length == 0 && replaced == "contexts: [" ? Simple + "\nbroken: [" : Simple.Replace(replaced, by, StringComparison.Ordinal);
        var path = files.Write("config", text);

        var error = await Should.ThrowAsync<KubeConfigException>(() => LoadAsync(path));

        error.Message.ShouldStartWith(path);
        error.Message.ShouldContain(problem);
        error.ToString().ShouldNotContain("t0ken");
    }

    [Theory]
    [InlineData("")]
    [InlineData("- a list\n")]
    public async Task T6_a_file_that_is_no_kubeconfig_is_refused(string text)
    {
        var path = files.Write("config", text);
        (await Should.ThrowAsync<KubeConfigException>(() => LoadAsync(path))).Message.ShouldStartWith(path);
    }

    [Fact]
    public async Task T6_a_file_named_outright_must_exist_and_without_any_the_ways_are_listed()
    {
        (await Should.ThrowAsync<KubeConfigException>(() => LoadAsync("/nowhere/config"))).Message.ShouldBe("/nowhere/config: there is no such file");
        (await Should.ThrowAsync<KubeConfigException>(() => LoadAsync(null, null, ("KUBECONFIG", "/nowhere/a:/nowhere/b")))).Message.ShouldContain("/nowhere/a:/nowhere/b");
        (await Should.ThrowAsync<KubeConfigException>(() => LoadAsync(null))).Message.ShouldContain("no cluster is configured");
    }

    [Fact]
    public async Task T5_a_pod_uses_its_service_account_before_the_home_directory()
    {
        files.Write(".kube/config", Simple);
        (string, string)[] pod = [("KUBERNETES_SERVICE_HOST", "fd00::1"), ("KUBERNETES_SERVICE_PORT", "6443")];
        (await Should.ThrowAsync<KubeConfigException>(() => LoadAsync(null, null, pod))).Message.ShouldContain("automountServiceAccountToken");
        files.Write("serviceaccount/token", "t");
        files.Write("serviceaccount/ca.crt", authority.AuthorityPem);
        files.Write("serviceaccount/namespace", "audit\n");

        var configuration = await LoadAsync(null, null, pod);

        configuration.Server.ShouldBe(new Uri("https://[fd00::1]:6443"));
        configuration.Namespace.ShouldBe("audit");
        configuration.User.TokenFile.ShouldBe(Path.Combine(files.Root, "serviceaccount/token"));
        configuration.CertificateAuthorityFile.ShouldBe(Path.Combine(files.Root, "serviceaccount/ca.crt"));
        (await LoadAsync(null)).Server.Host.ShouldBe("10.0.0.1");
    }
}
