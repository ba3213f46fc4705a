using System.Security.Cryptography;
using Comptroller.Archive.Backups;
using Comptroller.Archive.Compression;
using Comptroller.Archive.Tests.Testing;

namespace Comptroller.Archive.Tests.Backups;

public sealed class SeedBackupTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly byte[] _text = "{\"timestamp\": \"2026-02-04T21:09:45.123456Z\"}\n"u8.ToArray();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("audit_backup_20260204_210945.log.gz", "audit_backup_20260204_210945.log.gz.meta")]
    [InlineData("audit_backup_20260204_210945.gz", "audit_backup_20260204_210945.json")]
    [InlineData("audit_backup_20260204_210945.log.gz", null)]
    public void A_pair_of_files_is_read_proved_and_restored(string name, string? beside)
    {
        var path = Write(name, beside);
        SeedBackup.PathsIn(_directory.Path).ShouldBe([path]);
        var backup = SeedBackup.Open(path);
        backup.Verify(CancellationToken.None).ShouldBeNull();
        backup.Restore(_directory["new/out.log"], overwrite: false, CancellationToken.None);
        File.ReadAllBytes(_directory["new/out.log"]).ShouldBe(_text);
        _directory.IsOpenToOthers("new/out.log").ShouldBeFalse();
        Should.Throw<IOException>(() => backup.Restore(_directory["new/out.log"], overwrite: false, CancellationToken.None));
        Should.Throw<IOException>(() => backup.Restore(_directory["new"], overwrite: true, CancellationToken.None));
    }

    [Theory]
    [InlineData("audit_backup_20260204_210945.log.gz.meta", 0)]
    [InlineData(null, 0)]
    [InlineData(null, 12)]
    public void One_that_was_changed_or_cut_is_refused_before_anything_is_overwritten(string? beside, int cut)
    {
        var path = Write("audit_backup_20260204_210945.log.gz", beside);
        var bytes = File.ReadAllBytes(path);
        bytes[^10] ^= 1;
        File.WriteAllBytes(path, bytes[..^cut]);
        File.WriteAllText(_directory["out.log"], "precious");
        var backup = SeedBackup.Open(path);
        backup.Verify(CancellationToken.None)!.ShouldContain(path);
        Should.Throw<InvalidDataException>(() => backup.Restore(_directory["out.log"], overwrite: true, CancellationToken.None));
        File.ReadAllText(_directory["out.log"]).ShouldBe("precious");
    }

    [Fact]
    public void One_that_unpacks_to_far_more_than_any_log_stops_there()
    {
        var member = new MemoryStream();
        GzipMember.Write(new byte[128 << 20], 6, member);
        using (var bomb = File.Create(_directory["audit_backup_20260204_210945.log.gz"]))
        {
            for (var i = 0; i < 9; i++)
            {
                member.WriteTo(bomb);
            }
        }

        SeedBackup.Open(_directory["audit_backup_20260204_210945.log.gz"]).Verify(CancellationToken.None)!.ShouldContain("no backup of a log");
    }

    private string Write(string name, string? beside)
    {
        using (var file = File.Create(_directory[name]))
        {
            GzipMember.Write(_text, 9, file);
        }

        if (beside is not null)
        {
            var checksum = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(_directory[name])));
            File.WriteAllText(_directory[beside], $$"""
                {"timestamp": "20260204_210945", "backup_file": "{{name}}", "original_file": "logs/audit.log", "size_bytes": 60, "size_mb": 0.0, "compressed": true,
                 "checksum": "{{checksum}}", "created_at": "2026-02-04T21:09:45.123456"}
                """);
        }

        return _directory[name];
    }
}
