using System.Text.Json.Nodes;
using Comptroller.Sandbox.Requests;

namespace Comptroller.Sandbox.Tests.Requests;

public class LabelSelectorTests
{
    [Theory]
    [InlineData("app=x", true)]
    [InlineData("app==x", true)]
    [InlineData("app = x", true)]
    [InlineData("app!=x", false)]
    [InlineData("other!=x", true)]
    [InlineData("app in (x,y)", true)]
    [InlineData("app in (y)", false)]
    [InlineData("app notin (y)", true)]
    [InlineData("other notin (y)", true)]
    [InlineData("app", true)]
    [InlineData("!app", false)]
    [InlineData("!other", true)]
    [InlineData("tier>1", true)]
    [InlineData("tier>2", false)]
    [InlineData("tier<3", true)]
    [InlineData("app>1", false)]
    [InlineData("app=x,tier=2", true)]
    [InlineData("app=x,tier=3", false)]
    [InlineData("app=", false)]
    [InlineData("app in ()", false)]
    [InlineData("app in (,x)", true)]
    [InlineData("in=x", false)]
    [InlineData("example.dev/k=v", true)]
    [InlineData("", true)]
    public void A_selector_selects_by_labels(string text, bool selects) => LabelSelector.Parse(text).Matches(Labelled).ShouldBe(selects);

    [Theory]
    [InlineData("=x", "found '=', expected: !, identifier, or 'end of string'")]
    [InlineData("app=x,", "found '', expected: identifier after ','")]
    [InlineData("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt")]
    [InlineData("tier>x", "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer")]
    [InlineData("a in x", "unable to parse requirement: found 'x' expected: '('")]
    [InlineData("a in (x", "unable to parse requirement: found '', expected: ',' or ')'")]
    [InlineData("a=x y", "found 'y', expected: ',' or 'end of string'")]
    public void A_broken_selector_is_refused_in_the_words_of_the_server(string text, string message) =>
        Should.Throw<StatusError>(() => LabelSelector.Parse(text)).Message.ShouldBe(message);

    private static JsonObject Labelled => new()
    {
        ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = "x", ["tier"] = "2", ["example.dev/k"] = "v" } },
    };
}
