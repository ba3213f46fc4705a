using System.Security.Cryptography;
using System.Text;
using Comptroller.Archive.Backups;

namespace Comptroller.Archive.Tests.Backups;

/// <summary>Who has the private key reads a backup, and nobody else.</summary>
public sealed class EncryptionTests : BackupScene
{
    [Fact]
    public async Task Encrypted_evidence_is_proved_without_the_private_key_and_read_with_it_only()
    {
        using var recipient = RSA.Create(2048);
        using var wrong = RSA.Create(2048);
        await BackupAsync(Options() with { Recipient = new RsaKeyWrap(recipient) });
        var secret = Encoding.UTF8.GetBytes("person-7@example.com");
        foreach (var file in Folder.Files.Where(file => file.StartsWith("store/content/", StringComparison.Ordinal)))
        {
            file.ShouldEndWith(".enc");
            File.ReadAllBytes(Folder[file]).AsSpan().IndexOf(secret).ShouldBe(-1);
        }

        var blind = await VerifyAsync();
        blind.Problems.ShouldBeEmpty();
        blind.EncryptedFiles.ShouldBe(3);
        (await VerifyAsync(recipient: new RsaKeyWrap(recipient))).EncryptedFiles.ShouldBe(0);
        (await VerifyAsync(recipient: new RsaKeyWrap(wrong))).Problems.ShouldNotBeEmpty();
        await Should.ThrowAsync<InvalidDataException>(() => RestoreAsync("closed"));
        await RestoreAsync("open", recipient: new RsaKeyWrap(recipient));
        File.ReadAllBytes(Folder["open/logs/audit.log"]).ShouldBe(File.ReadAllBytes(Folder["logs/audit.log"]));
    }

    [Fact]
    public async Task A_program_can_keep_the_keys_and_is_run_once_a_backup()
    {
        File.WriteAllText(Folder["kms"], "#!/bin/sh\necho \"$2\" >> \"$1\"\nif [ \"$2\" = wrap ]; then base64 -w0; else base64 -d; fi\n");
        var program = new[] { "/bin/sh", Folder["kms"], Folder["calls"] };
        await BackupAsync(Options() with { Recipient = new CommandKeyWrap(program, "estate") });
        (await VerifyAsync()).EncryptedFiles.ShouldBe(3);
        (await VerifyAsync(recipient: new CommandKeyWrap(program, "estate"))).Problems.ShouldBeEmpty();
        File.ReadAllLines(Folder["calls"]).ShouldBe(["wrap", "unwrap"]);
        (await VerifyAsync(recipient: new CommandKeyWrap(program, "another"))).Problems.ShouldContain(problem => problem.Contains("it is encrypted for key estate (command)", StringComparison.Ordinal));

        Should.Throw<InvalidDataException>(() => Envelope.Seal([1], new CommandKeyWrap(["/bin/sh", "-c", "cat"], "x"))).Message.ShouldContain("is not a wrapped key");
        Should.Throw<InvalidDataException>(() => Envelope.Seal([1], new CommandKeyWrap(["/bin/sh", "-c", "exit 3"], "x"))).Message.ShouldContain("it ended with 3");
        Should.Throw<InvalidDataException>(() => Envelope.Seal([1], new CommandKeyWrap([Folder["none"]], "x")));
    }

    [Fact]
    public void Encrypted_frames_cannot_be_changed_cut_or_swapped()
    {
        using var key = RSA.Create(2048);
        var recipient = new RsaKeyWrap(key);
        foreach (var length in new[] { 0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20 })
        {
            var text = RandomNumberGenerator.GetBytes(length);
            var bytes = Envelope.Seal(text, recipient);
            Envelope.Open(bytes, recipient).ShouldBe(text);
            foreach (var at in new[] { 0, 9, 40, bytes.Length / 2, bytes.Length - 1 })
            {
                bytes[at] ^= 1;
                Should.Throw<InvalidDataException>(() => Envelope.Open(bytes, recipient), $"{length} at {at}");
                bytes[at] ^= 1;
            }

            foreach (var cut in new[] { 1, 17, (1 << 20) + 16 }.Where(cut => cut < bytes.Length))
            {
                Should.Throw<InvalidDataException>(() => Envelope.Open(bytes.AsSpan(0, bytes.Length - cut), recipient));
            }
        }

        var two = Envelope.Seal(RandomNumberGenerator.GetBytes(2 << 20), recipient);
        var (frame, start) = ((1 << 20) + 16, two.Length - (2 * ((1 << 20) + 16)));
        var swapped = two[..start].Concat(two[(start + frame)..]).Concat(two[start..(start + frame)]).ToArray();
        Should.Throw<InvalidDataException>(() => Envelope.Open(swapped, recipient));
    }
}
