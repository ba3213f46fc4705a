using System.Text;
using System.Text.Json;
using Comptroller.Sandbox.Requests;

namespace Comptroller.Sandbox.Tests.Requests;

public class GoJsonSyntaxTests
{
    [Theory]
    [InlineData("", "unexpected end of JSON input")]
    [InlineData("{", "unexpected end of JSON input")]
    [InlineData("{\"a\":", "unexpected end of JSON input")]
    [InlineData("hello", "invalid character 'h' looking for beginning of value")]
    [InlineData("{} x", "invalid character 'x' after top-level value")]
    [InlineData("{a}", "invalid character 'a' looking for beginning of object key string")]
    [InlineData("{\"a\" 1}", "invalid character '1' after object key")]
    [InlineData("{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair")]
    [InlineData("[1 2]", "invalid character '2' after array element")]
    [InlineData("nope", "invalid character 'o' in literal null (expecting 'u')")]
    [InlineData("\"\\q\"", "invalid character 'q' in string escape code")]
    [InlineData("\u00c7", "invalid character 'Ã' looking for beginning of value")]
    public void Malformed_JSON_is_described_as_Go_describes_it(string text, string problem) =>
        GoJsonSyntax.Describe(Encoding.UTF8.GetBytes(text)).ShouldBe(problem);

    [Theory]
    [InlineData("{\"a\":[1,-2.5e3,true,null,\"\\u00e4\\n\"],\"b\":{}}")]
    [InlineData(" [ ] ")]
    [InlineData("-0")]
    public void Well_formed_JSON_has_no_problem(string text)
    {
        GoJsonSyntax.Describe(Encoding.UTF8.GetBytes(text)).ShouldBeNull();
        JsonText.Parse(text);
    }

    [Fact]
    public void Keys_given_twice_are_named_and_the_last_one_counts()
    {
        var duplicates = new List<string>();

        var read = JsonText.Parse("""{"a": 1, "b": {"c": [{"d": 1, "d": 2}]}, "a": 3}"""u8, duplicates);

        duplicates.ShouldBe(["b.c[0].d", "a"]);
        read!.ToJsonString().ShouldBe("""{"a":3,"b":{"c":[{"d":2}]}}""");
    }

    [Fact]
    public void A_second_value_is_refused() => Should.Throw<JsonException>(() => JsonText.Parse("{} {}"));
}
