using System.Diagnostics;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Rendering;
using Comptroller.AuditPolicies.Rendering.Shipping;

namespace Comptroller.AuditPolicies.Tests.Rendering.Shipping;

/// <summary>What the Lua filter does to events, run by the interpreter that Fluent Bit embeds.</summary>
public sealed class RedactionTests
{
    private const string Key = "kubectl.kubernetes.io/last-applied-configuration";

    private static readonly Redaction Redaction = new()
    {
        Bodies = [new GroupResources { Resources = ["secrets", "serviceaccounts/token"] }, new GroupResources { Group = "vault.example.com" }, new GroupResources { Group = "*", Resources = ["tokens"] }],
        Annotations = [Key],
        UserExtra = ["example.com/ticket"],
    };

    [LuaTheory]
    [InlineData("a body of a Secret goes", "{auditID='1',objectRef={resource='secrets',apiVersion='v1'},requestObject={a=1},responseObject={a=1}}", "2 auditID=1 objectRef.apiVersion=v1 objectRef.resource=secrets")]
    [InlineData("one of a subresource too", "{auditID='1',objectRef={resource='secrets',subresource='status'},requestObject={a=1}}", "2 auditID=1 objectRef.resource=secrets objectRef.subresource=status")]
    [InlineData("a named subresource does not stand for its resource", "{auditID='1',objectRef={resource='serviceaccounts'},requestObject={a=1}}", "0 auditID=1 objectRef.resource=serviceaccounts requestObject.a=1")]
    [InlineData("a named subresource goes", "{auditID='1',objectRef={resource='serviceaccounts',subresource='token'},responseObject={a=1}}", "2 auditID=1 objectRef.resource=serviceaccounts objectRef.subresource=token")]
    [InlineData("a resource of another group stays", "{auditID='1',objectRef={resource='secrets',apiGroup='other.example.com'},requestObject={a=1}}", "0 auditID=1 objectRef.apiGroup=other.example.com objectRef.resource=secrets requestObject.a=1")]
    [InlineData("a whole group goes", "{auditID='1',objectRef={resource='leases',apiGroup='vault.example.com'},requestObject={a=1}}", "2 auditID=1 objectRef.apiGroup=vault.example.com objectRef.resource=leases")]
    [InlineData("every group goes, beside a group that is named", "{auditID='1',objectRef={resource='tokens'},requestObject={a=1}}", "2 auditID=1 objectRef.resource=tokens")]
    [InlineData("an event without a body is not touched", "{auditID='1',requestURI='/api/v1/secrets',objectRef={resource='secrets'},responseStatus={code=200}}", "0 auditID=1 objectRef.resource=secrets requestURI=/api/v1/secrets responseStatus.code=200")]
    [InlineData("annotations are masked at any depth", "{auditID='1',requestObject={spec={template={metadata={annotations={['" + Key + "']='x',other='y'}}}}},responseObject={items={{metadata={annotations={['" + Key + "']='x'}}}}}}", "2 auditID=1 requestObject.spec.template.metadata.annotations." + Key + "=[redacted] requestObject.spec.template.metadata.annotations.other=y responseObject.items.1.metadata.annotations." + Key + "=[redacted]")]
    [InlineData("also in a JSON patch", "{auditID='1',requestObject={{op='add',path='/metadata/annotations/a',value='x'},{op='add',path='/spec/x',value='y'}}}", "2 auditID=1 requestObject.1.op=add requestObject.1.path=/metadata/annotations/a requestObject.1.value=[redacted] requestObject.2.op=add requestObject.2.path=/spec/x requestObject.2.value=y")]
    [InlineData("also those of the event", "{auditID='1',annotations={['" + Key + "']='x',['authorization.k8s.io/decision']='allow'}}", "2 annotations.authorization.k8s.io/decision=allow annotations." + Key + "=[redacted] auditID=1")]
    [InlineData("extra of users is masked", "{auditID='1',user={username='u',extra={['example.com/ticket']={'t'},other={'o'}}},impersonatedUser={extra={['example.com/ticket']={'t'}}}}", "2 auditID=1 impersonatedUser.extra.example.com/ticket.1=[redacted] user.extra.example.com/ticket.1=[redacted] user.extra.other.1=o user.username=u")]
    [InlineData("a line that is no event leaves without content", "{log='{\"auditID\": \"1\", \"requestObject\": {\"data', cluster='c'}", "2 cluster=c log=[redacted]")]
    [InlineData("what cannot be handled leaves without content", "{auditID='1',requestURI='/x',objectRef={resource={}},requestObject={a=1},annotations={a='b'},user={username='u',extra={a={'b'}}}}", "2 auditID=1 requestURI=/x user.username=u")]
    public void Redaction_takes_content_and_nothing_else(string because, string record, string result) => Run(record).ShouldBe(result, because);

    [Fact]
    public void A_redaction_of_nothing_is_refused() => new Redaction().Check().ShouldHaveSingleItem().Field.ShouldBe("redaction");

    [Fact]
    public void A_script_is_not_rendered_from_texts_that_are_not_names() =>
        Should.Throw<OptionException>(() => RedactionScript.Render(new Redaction { Annotations = ["\"] = true } os.exit() --"] }));

    /// <summary>The code that the filter returns, and every field of the record in order.</summary>
    private static string Run(string record)
    {
        var script = RedactionScript.Render(Redaction) + $$"""
            local lines = {}
            local function walk(node, path)
              if type(node) ~= "table" then lines[#lines + 1] = path .. "=" .. tostring(node) return end
              for key, child in pairs(node) do walk(child, path == "" and tostring(key) or path .. "." .. tostring(key)) end
            end
            local code, timestamp, changed = redact("audit.kube-apiserver", 1.5, {{record}})
            assert(timestamp == 1.5)
            walk(changed, "")
            table.sort(lines)
            io.write(code, " ", table.concat(lines, " "))
            """;
        using var lua = Process.Start(new ProcessStartInfo(LuaTheoryAttribute.Interpreter!, "-") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        lua.StandardInput.Write(script);
        lua.StandardInput.Close();
        var output = lua.StandardOutput.ReadToEnd();
        var errors = lua.StandardError.ReadToEnd();
        lua.WaitForExit();
        lua.ExitCode.ShouldBe(0, errors);
        return output;
    }
}

/// <summary>A theory that needs a Lua 5.1 interpreter, and says so where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LuaTheoryAttribute : TheoryAttribute
{
    public LuaTheoryAttribute() => Skip = Interpreter is null ? "needs luajit or lua5.1 in PATH (Debian: apt install luajit)" : null;

    public static string? Interpreter { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => new[] { Path.Combine(folder, "luajit"), Path.Combine(folder, "lua5.1") })
        .FirstOrDefault(File.Exists);
}
