using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Diagnostics;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Tests.Testing;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Tests.Diagnostics;

public sealed class JsonLoggerTests : IDisposable
{
    private readonly MemoryStream output = new();
    private readonly ILoggerFactory factory;
    private readonly ILogger logger;

    public JsonLoggerTests()
    {
        factory = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Debug).AddProvider(new JsonLoggerProvider(output, new ManualTimeProvider())));
        logger = factory.CreateLogger("reflector");
    }

    public void Dispose() => factory.Dispose();

    [Fact]
    public void A_record_is_one_json_line_with_the_fields_of_its_message()
    {
        logger.LogInformation("Listed {Count} of {Where}\nin {Delay}", 3, "widgets", TimeSpan.FromSeconds(1.5));
        var line = Lines().Single();
        ((string?)line["ts"], (string?)line["level"], (string?)line["logger"]).ShouldBe(("2026-01-01T00:00:00.000Z", "info", "reflector"));
        ((string?)line["msg"])!.ShouldStartWith("Listed 3 of widgets\nin ");
        ((int?)line["count"], (string?)line["where"], (double?)line["delay"]).ShouldBe((3, "widgets", 1.5));
    }

    [Fact]
    public void The_scope_of_a_reconcile_is_on_every_line()
    {
        var id = Guid.NewGuid();
        using (logger.BeginScope(new ReconcileScope("widget", Widget.Type, new ObjectKey("default", "a"), id)))
        {
            logger.LogDebug("Reconciled");
        }

        logger.LogDebug("Outside");
        var inside = Lines()[0];
        inside["controller"]!.ToString().ShouldBe("widget");
        inside["controllerGroup"]!.ToString().ShouldBe("tests.example.dev");
        inside["controllerKind"]!.ToString().ShouldBe("Widget");
        inside["namespace"]!.ToString().ShouldBe("default");
        inside["name"]!.ToString().ShouldBe("a");
        inside["reconcileID"]!.ToString().ShouldBe(id.ToString());
        Lines()[1]["controller"].ShouldBeNull();
    }

    [Fact]
    public void An_error_tells_its_causes_down_to_the_root()
    {
        logger.LogError(new InvalidOperationException("outer", new IOException("disk full")), "Failed");
        var line = Lines().Single();
        ((string?)line["level"], (string?)line["error"]).ShouldBe(("error", "outer: disk full"));
    }

    [Fact]
    public void A_field_appears_once_even_when_scope_and_message_both_name_it()
    {
        using (logger.BeginScope(new ReconcileScope("widget", Widget.Type, new ObjectKey("default", "a"), Guid.NewGuid())))
        {
            logger.LogWarning("Odd {Name}", "b");
        }

        Text().Split("\"name\":").Length.ShouldBe(2);
    }

    [Fact]
    public async Task Lines_of_many_threads_do_not_mix()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 200; i++)
            {
                logger.LogInformation("From {Thread}", thread);
            }
        })));
        Lines().Count.ShouldBe(1600);
    }

    private string Text() => Encoding.UTF8.GetString(output.ToArray());

    private List<JsonNode> Lines() => Text().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();
}
