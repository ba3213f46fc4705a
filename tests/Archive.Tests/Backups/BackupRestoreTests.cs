using Comptroller.Archive.Backups;

namespace Comptroller.Archive.Tests.Backups;

/// <summary>Backups come back as they were, where they are told to and nowhere else.</summary>
public sealed class BackupRestoreTests : BackupScene
{
    [Fact]
    public async Task An_earlier_state_comes_back_by_its_time()
    {
        await BackupAsync();
        var between = Time.GetUtcNow().AddSeconds(30);
        Time.Advance(TimeSpan.FromMinutes(1));
        var before = File.ReadAllBytes(Folder["logs/old/audit-1.log"]);
        WriteLog("logs/old/audit-1.log", 10, seed: 5);
        await BackupAsync();

        await RestoreAsync("then", between);
        File.ReadAllBytes(Folder["then/logs/old/audit-1.log"]).ShouldBe(before);
        await Should.ThrowAsync<InvalidDataException>(() => RestoreAsync("never", Time.GetUtcNow().AddDays(-9)));
    }

    [Fact]
    public async Task Restore_goes_on_where_it_ended_and_overwrites_only_when_told()
    {
        await BackupAsync();
        await RestoreAsync("out");
        File.Delete(Folder["out/logs/blob"]);
        (await RestoreAsync("out")).Count(step => step.Action == RestoreAction.AlreadyThere).ShouldBe(3);
        File.WriteAllText(Folder["out/logs/blob"], "mine");
        await Should.ThrowAsync<IOException>(() => RestoreAsync("out"));
        File.ReadAllText(Folder["out/logs/blob"]).ShouldBe("mine");
        await RestoreAsync("out", force: true);
        File.ReadAllBytes(Folder["out/logs/blob"]).ShouldBe(File.ReadAllBytes(Folder["logs/blob"]));
    }

    [Fact]
    public async Task What_comes_back_is_not_for_every_user_of_the_machine()
    {
        await BackupAsync();
        await RestoreAsync("out");
        foreach (var file in Folder.Files.Where(file => file.StartsWith("out/", StringComparison.Ordinal)))
        {
            Folder.IsOpenToOthers(file).ShouldBeFalse(file);
        }
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("logs/../../evil")]
    [InlineData("/etc/evil")]
    [InlineData("logs//evil")]
    [InlineData("C:/evil")]
    public async Task A_path_that_leads_out_is_refused_before_anything_is_written(string path)
    {
        var (manifest, _, _) = await BackupAsync();
        var evil = manifest with { Files = [.. manifest.Files, manifest.Files[0] with { Path = path }] };
        Should.Throw<InvalidDataException>(() => BackupRestore.Plan(evil, Folder["out"], overwrite: true));
        Directory.Exists(Folder["out"]).ShouldBeFalse();
    }

    [Fact]
    public async Task A_link_in_the_target_is_refused()
    {
        var (manifest, _, _) = await BackupAsync();
        Directory.CreateDirectory(Folder["out"]);
        Directory.CreateDirectory(Folder["elsewhere"]);
        Directory.CreateSymbolicLink(Folder["out/logs"], Folder["elsewhere"]);
        Should.Throw<InvalidDataException>(() => BackupRestore.Plan(manifest, Folder["out"], overwrite: true)).Message.ShouldContain("a link is in the way");
    }

    [Fact]
    public async Task A_piece_that_unpacks_to_more_than_it_says_stops_there()
    {
        var (manifest, _, _) = await BackupAsync();
        var bomb = new MemoryStream();
        Archive.Compression.GzipMember.Write(new byte[200 << 20], 6, bomb);
        var piece = manifest.Files[0].Pieces[0] with { Bytes = 1000 };
        Should.Throw<InvalidDataException>(() => PieceForm.Decode(piece, bomb.ToArray(), null)).Message.ShouldContain("holds more than the 1000 bytes");
        Should.Throw<InvalidDataException>(() => PieceForm.Decode(piece with { Bytes = int.MaxValue }, bomb.ToArray(), null)).Message.ShouldContain("no piece is longer");
    }
}
