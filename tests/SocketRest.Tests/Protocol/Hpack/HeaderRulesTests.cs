using SocketRest.Protocol.Hpack;

namespace SocketRest.Tests.Protocol.Hpack;

public sealed class HeaderRulesTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("Content-Type")]
    [InlineData("!#$%&'*+-.^_`|~09azAZ")]
    public void Tokens_are_names(string name) => Assert.True(HeaderRules.IsValidName(name));

    [Theory]
    [InlineData("")]
    [InlineData(":path")]
    [InlineData("with space")]
    [InlineData("a:")]
    [InlineData("tab\t")]
    [InlineData("a\0")]
    [InlineData("b\u007f")]
    [InlineData("caf\u00e9")]
    [InlineData("\uff21")]
    [InlineData("(a)")]
    [InlineData("a,b")]
    public void Anything_else_is_not(string name) => Assert.False(HeaderRules.IsValidName(name));

    [Theory]
    [InlineData("")]
    [InlineData("a b\tc")]
    [InlineData("caf\u00e9 \u20ac \ud83d\ude00")]
    [InlineData("\"quoted\", (comment)")]
    public void Text_is_a_value(string value) => Assert.True(HeaderRules.IsValidValue(value));

    [Fact]
    public void Control_characters_but_the_tab_are_in_no_value()
    {
        for (int c = 0; c < 256; c++)
        {
            bool expected = c is '\t' or (>= 0x20 and not 0x7F);
            Assert.Equal(expected, HeaderRules.IsValidValue($"some text and {(char)c} in its middle"));
        }
    }
}
