using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Comptroller.Bench;

/// <summary>A watch as a process of its own: alerts accepted durably and judged, how long each waits, and memory with a large state.</summary>
internal sealed class DriftBench(string binary, int resources, int connections, TimeSpan length)
{
    private const int Distinct = 40_000;
    private const int Together = 50;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("comptroller-bench-");
        var state = Path.Combine(folder.FullName, "s.tfstate");
        await WriteStateAsync(state, cancellationToken);
        var config = Path.Combine(folder.FullName, "c.yaml");
        await File.WriteAllTextAsync(
            config, $"states:\n  - address: {state}\nlisten: 127.0.0.1:0\nstore: {Path.Combine(folder.FullName, "d.sqlite")}\ngracePeriod: 0s\nqueue: 20000\n", cancellationToken);
        var listening = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var loaded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var start = Stopwatch.StartNew();
        await using var watch = ProcessUnderTest.Start(binary, ["drift", "watch", "--config", config], line =>
        {
            if (line.Contains("listening on", StringComparison.Ordinal))
            {
                var address = line[(line.IndexOf("http://", StringComparison.Ordinal) + "http://127.0.0.1:".Length)..];
                listening.TrySetResult(int.Parse(address[..address.IndexOf('/', StringComparison.Ordinal)], Invariant));
            }
            else if (line.Contains("resources in states", StringComparison.Ordinal))
            {
                loaded.TrySetResult();
            }
        });
        var port = await listening.Task.WaitAsync(Patience, cancellationToken);
        await loaded.Task.WaitAsync(Patience, cancellationToken);
        var ready = start.Elapsed;
        var idle = watch.ResidentMiB;
        // Every managed group drifts once: the store holds as many drifts as it will.
        var first = await PostAsync(watch, port, Together, Distinct / Together, TimeSpan.MaxValue, cancellationToken);
        var full = watch.ResidentMiB;
        await PostAsync(watch, port, 1, int.MaxValue, length / 4, cancellationToken);
        var single = await PostAsync(watch, port, 1, int.MaxValue, length, cancellationToken);
        var lists = await PostAsync(watch, port, Together, int.MaxValue, length, cancellationToken);
        var figures = new Figures($"drift: {resources} resources, {connections} connections ({Machine.Describe()})");
        figures.Add("Start to judging, s", ready.TotalSeconds.ToString("0.00", Invariant), "the replaced tool: 0.4 s");
        figures.Add("Resident after start, MiB", idle.ToString("0", Invariant), "the replaced tool: 88 MiB");
        figures.Add($"Resident after {Distinct} drifts, MiB", full.ToString("0", Invariant), "the replaced tool: 533 MiB");
        Add(figures, $"{Distinct} new drifts, {Together} a request", first);
        Add(figures, "One alert a request", single);
        Add(figures, $"{Together} alerts a request", lists);
        figures.Add("Resident at the end, MiB", watch.ResidentMiB.ToString("0", Invariant), Machine.Load);
        figures.Add("Peak resident, MiB", watch.PeakResidentMiB.ToString("0", Invariant));
        figures.Add("Store, MB", (folder.EnumerateFiles("d.sqlite*").Sum(file => file.Length) / 1e6).ToString("0.0", Invariant));
        figures.Print();
        await watch.StopAsync();
        folder.Delete(recursive: true);
        return single.Failures + lists.Failures + first.Failures == 0 ? 0 : 1;
    }

    private static void Add(Figures figures, string name, Rate rate) => figures.Add(
        $"{name}: alerts/s", rate.PerSecond.ToString("0", Invariant),
        string.Create(Invariant, $"on disk and judged; p50 {rate.P50:0.0} ms, p99 {rate.P99:0.0} ms, {rate.Microseconds:0} us of processor each, {rate.Failures} refused; the replaced tool: 2 378/s, in memory"));

    private sealed record Rate(double PerSecond, double P50, double P99, double Microseconds, int Failures);

    private async Task<Rate> PostAsync(ProcessUnderTest watch, int port, int together, int requests, TimeSpan length, CancellationToken cancellationToken)
    {
        var next = -1;
        var (cpu, time) = (watch.CpuSeconds, Stopwatch.StartNew());
        var results = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(
            async () =>
            {
                var (waits, failures) = (new List<double>(), 0);
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
                var answer = new byte[4096];
                while (time.Elapsed < length && Interlocked.Increment(ref next) is var number && number < requests)
                {
                    var request = Request(number, together);
                    var sent = Stopwatch.GetTimestamp();
                    await socket.SendAsync(request, cancellationToken);
                    var read = await socket.ReceiveAsync(answer, cancellationToken);
                    waits.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
                    failures += Encoding.ASCII.GetString(answer, 0, Math.Min(read, 12)) == "HTTP/1.1 202" ? 0 : 1;
                }

                return (waits, failures);
            },
            cancellationToken)));
        var elapsed = time.Elapsed.TotalSeconds;
        var all = results.SelectMany(result => result.waits).Order().ToArray();
        return new Rate(
            all.Length * (double)together / elapsed, all[all.Length / 2], all[(int)(all.Length * 0.99)], (watch.CpuSeconds - cpu) * 1e6 / (all.Length * (double)together), results.Sum(result => result.failures));
    }

    private byte[] Request(int number, int together)
    {
        var body = new StringBuilder(together == 1 ? "" : "[");
        for (var at = 0; at < together; at++)
        {
            var group = (int)(((long)number * together + at) % Math.Min(Distinct, resources));
            body.Append(at == 0 ? "" : ",").Append(Invariant, $$$"""
                {"time":"2026-07-23T09:40:55Z","priority":"Warning","rule":"Cloud resource changed","source":"aws_cloudtrail","hostname":"falco","output_fields":{"ct.name":"AuthorizeSecurityGroupIngress","ct.src":"ec2.amazonaws.com","ct.user":"eve","ct.user.identitytype":"IAMUser","ct.user.arn":"arn:aws:iam::123456789012:user/eve","ct.user.accountid":"123456789012","ct.region":"eu-west-1","ct.srcip":"203.0.113.9","ct.useragent":"console.amazonaws.com","ct.request":"{\"groupId\":\"sg-{{{group:x17}}}\",\"ipPermissions\":{\"items\":[{\"ipProtocol\":\"tcp\",\"fromPort\":22,\"toPort\":22,\"ipRanges\":{\"items\":[{\"cidrIp\":\"0.0.0.0/0\"}]}}]}}"}}
                """);
        }

        body.Append(together == 1 ? "" : "]");
        var bytes = Encoding.UTF8.GetBytes(body.ToString());
        return [.. Encoding.ASCII.GetBytes($"POST /api/v1/falco/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {bytes.Length}\r\n\r\n"), .. bytes];
    }

    private async Task WriteStateAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = new StreamWriter(path);
        await file.WriteAsync("""{"version":4,"terraform_version":"1.9.0","serial":1,"lineage":"bench","outputs":{},"resources":[""");
        for (var number = 0; number < resources; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await file.WriteAsync(string.Create(Invariant, $$$"""
                {{{(number == 0 ? "" : ",")}}}{"module":"module.team_{{{number % 100}}}","mode":"managed","type":"aws_security_group","name":"g{{{number}}}","provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[{"schema_version":1,"attributes":{"id":"sg-{{{number:x17}}}","arn":"arn:aws:ec2:eu-west-1:123456789012:security-group/sg-{{{number:x17}}}","name":"group-{{{number}}}","description":"Managed by Terraform","vpc_id":"vpc-0123456789abcdef0","owner_id":"123456789012","ingress":[{"protocol":"tcp","from_port":443,"to_port":443,"cidr_blocks":["10.0.0.0/8"],"ipv6_cidr_blocks":[],"security_groups":[],"self":false,"description":""}],"egress":[],"tags":{"team":"{{{number % 100}}}"},"revoke_rules_on_delete":false}}]}
                """));
        }

        await file.WriteAsync("]}");
    }
}
