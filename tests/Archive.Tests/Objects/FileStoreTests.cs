using System.Text;
using Comptroller.Archive.Objects;
using Comptroller.Archive.Tests.Testing;

namespace Comptroller.Archive.Tests.Objects;

public sealed class FileStoreTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Of_many_that_write_one_key_one_wins_and_its_bytes_stay()
    {
        await using var store = new FileStore(_directory.Path);
        var written = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => store.PutAsync("a/b", Encoding.UTF8.GetBytes($"writer {i}"), PutOptions.Default, None))));
        written.Count(won => won).ShouldBe(1);
        File.ReadAllText(_directory["a/b"]).ShouldBe($"writer {Array.IndexOf(written, true)}");
        _directory.Files.ShouldBe(["a/b"]);
    }

    [Fact]
    public async Task What_a_killed_writer_left_goes_once_nobody_can_still_be_writing_it()
    {
        await using var store = new FileStore(_directory.Path);
        await store.PutAsync("content/aa/whole.gz", Array.Empty<byte>(), PutOptions.Default, None);
        File.WriteAllBytes(_directory["content/aa/old.gz.1.partial"], []);
        File.WriteAllBytes(_directory["content/aa/new.gz.2.partial"], []);
        var before = DateTimeOffset.UtcNow.AddDays(-2);
        File.SetLastWriteTimeUtc(_directory["content/aa/old.gz.1.partial"], before.UtcDateTime.AddMinutes(-1));
        File.SetLastWriteTimeUtc(_directory["content/aa/whole.gz"], before.UtcDateTime.AddMinutes(-1));
        await store.SweepAsync(before, None);
        _directory.Files.ShouldBe(["content/aa/new.gz.2.partial", "content/aa/whole.gz"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/../../x")]
    [InlineData("/etc/x")]
    [InlineData("a//x")]
    [InlineData("")]
    [InlineData("a\nb")]
    public async Task A_key_that_leads_elsewhere_is_refused(string key)
    {
        await using var store = new FileStore(_directory["store"]);
        await Should.ThrowAsync<ArgumentException>(() => store.PutAsync(key, Array.Empty<byte>(), PutOptions.Default, None));
    }

    [Fact]
    public async Task What_is_half_written_is_not_listed()
    {
        await using var store = new FileStore(_directory.Path);
        await store.PutAsync("b/2", Array.Empty<byte>(), PutOptions.Default, None);
        await store.PutAsync("b/1", Array.Empty<byte>(), PutOptions.Default, None);
        File.WriteAllText(_directory["b/3.0123.partial"], "half");
        var keys = new List<string>();
        await foreach (var found in store.ListAsync("b/", None))
        {
            keys.Add(found.Key);
        }

        keys.ShouldBe(["b/1", "b/2"]);
    }
}
