using System.Text;
using Comptroller.Archive.Compression;

namespace Comptroller.Archive.Tests.Compression;

public sealed class TextCodecTests
{
    private static readonly byte[] Text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(i => $$"""{"verb":"get","user":"u{{i % 7}}","code":200,"n":{{i}}}""" + "\n")));

    [Theory]
    [InlineData(TextCodec.Gzip)]
    [InlineData(TextCodec.Brotli)]
    [InlineData(TextCodec.Zstd)]
    public void Text_comes_back_and_damage_and_bombs_are_found(TextCodec codec)
    {
        if (codec == TextCodec.Zstd && !Zstandard.IsAvailable)
        {
            return;
        }

        foreach (var level in new[] { 1, codec.Levels().Default })
        {
            var stored = Compress(codec, Text, level);
            stored.Length.ShouldBeLessThan(Text.Length / 4);
            var read = new byte[Text.Length];
            TextCodecs.Read(codec.Suffix(), stored, read);
            read.ShouldBe(Text);
            // Less and more than was promised, and an end that is missing.
            Should.Throw<InvalidDataException>(() => TextCodecs.Read(codec.Suffix(), stored, new byte[Text.Length - 1]));
            Should.Throw<InvalidDataException>(() => TextCodecs.Read(codec.Suffix(), stored, new byte[Text.Length + 1]));
            Should.Throw<InvalidDataException>(() => TextCodecs.Read(codec.Suffix(), new ReadOnlyMemory<byte>(stored, 0, stored.Length - 9), new byte[Text.Length]));
        }

        TextCodecs.Read(codec.Suffix(), Compress(codec, [], 1), []);
        codec.TryCompress(System.Security.Cryptography.RandomNumberGenerator.GetBytes(5000), 1, new byte[5000], out _).ShouldBeFalse("noise gains nothing");
    }

    [Fact]
    public void A_form_that_nobody_knows_is_refused() => Should.Throw<InvalidDataException>(() => TextCodecs.Read("lz4", new byte[1], new byte[1])).Message.ShouldContain("\"lz4\"");

    private static byte[] Compress(TextCodec codec, byte[] text, int level)
    {
        var room = new byte[text.Length + 64];
        codec.TryCompress(text, level, room, out var written).ShouldBeTrue();
        return room[..written];
    }
}
