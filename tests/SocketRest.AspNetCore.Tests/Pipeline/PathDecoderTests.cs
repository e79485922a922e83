using System.Text;
using SocketRest.AspNetCore.Pipeline;

namespace SocketRest.AspNetCore.Tests.Pipeline;

public sealed class PathDecoderTests(KestrelPathServer kestrel) : IClassFixture<KestrelPathServer>
{
    public static TheoryData<string> Targets =>
    [
        // Plain.
        "/", "/a", "/a/b", "/a/b/", "//", "//a", "/a//b", "/a///", "/pets/42;v=1", "/a=b&c", "/a+b", "/a:b@c", "/~a_b-c.d", "/[x]|{y}",
        "/\"quoted\"", "/a\\b", "/^`",

        // Query.
        "/?", "/a?", "/a?b=c", "/a?b=%2F%zz%00", "/a?b?c", "/a?../b", "/a/..?x", "/?/./", "/a%3Fb?c", "/a#b", "/a?b#c", "/#/../?x",

        // Escapes.
        "/%41", "/%61%62", "/a%20b", "/%2B", "/%25", "/%2541", "/%252F", "/%2F", "/%2f", "/a%2Fb%2fc", "/%5C", "/%3A", "/%23", "/%3f",
        "/%7e", "/%7F", "/%0A", "/%0D%0A", "/%01",
        "/%", "/%4", "/%4?x", "/%zz", "/%4g", "/%g4", "/%%41", "/%%%", "/%4%31", "/%u0041", "/a%", "/%2", "/%2/F",

        // NUL.
        "/%00", "/a%00b", "/a%00?x", "/%2500", "/%C3%00", "/%E4%B8%00", "/%F0%9F%98%00", "/%0", "/%000", "/a/%00/..",

        // UTF-8, good and bad.
        "/%C3%A4", "/%c3%a4", "/%E4%B8%AD", "/%F0%9F%98%80", "/%C3", "/%C3%", "/%C3%4", "/%C3%zz", "/%C3a", "/%C3%41", "/%A4", "/%80%80",
        "/%C3%C3%A4", "/%E4%B8", "/%E4%B8%41", "/%E4%41%AD",
        "/%C0%AF", "/%C0%80", "/%C1%81", "/%E0%80%AF", "/%E0%9F%BF", "/%E0%A0%80", "/%ED%9F%BF", "/%ED%A0%80", "/%ED%BF%BF",
        "/%EE%80%80", "/%EF%BF%BD", "/%EF%BF%BF", "/%F0%80%80%AF", "/%F0%8F%BF%BF", "/%F0%90%80%80",
        "/%F4%8F%BF%BF", "/%F4%90%80%80", "/%F5%80%80%80", "/%F8%88%80%80%80", "/%FE", "/%FF", "/%FF%FE%41", "/%F0%9F%98", "/%F0%9F",
        "/%F0%9F%98%C3%A4", "/%E4%C3%A4", "/%C3%A4%2F", "/%C3%2F", "/%C3%2F%A4", "/%E2%88%95",

        // Dot segments, plain and escaped.
        "/.", "/..", "/./", "/../", "/a/.", "/a/..", "/a/./b", "/a/../b", "/a/b/../../c", "/a/../../b", "/../a", "/../../..", "/.../a",
        "/a/...", "/.a", "/a.", "/..a", "/a..", "/a/.b/..c", "/a//../b", "/a//..", "//..", "//../..",
        "/./../.", "/a/./", "/a/../", "/a/b/..", "/a/b/./../c/", "/%2E", "/%2e%2E", "/a/%2E%2E/b", "/a/.%2e/b", "/a/%2e/b",
        "/a/%2E%2E%2Fb", "/a/..%2Fb", "/a%2F../b", "/a%2F..", "/%2E%2E%2F", "/a/%2E%2E", "/%C3/../a", "/a/..;x/b", "/%252E%252E/",
        "/a/%2E.?q", "/.%", "/..%", "/..%00",

        // Refused.
        "", "a", "a/b", "?x", "http://localhost/", "http://localhost/a?b", "*a", "/*", " ", " /a", "%2Fa", "#", "\u00af", "\u012fa",
    ];

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task Target_IsReadAsKestrelDoes(string target) => await CompareAsync(target);

    [Theory]
    [InlineData("/a b")]
    [InlineData("/a?b c")]
    [InlineData("/% 41")]
    [InlineData("/a\tb")]
    [InlineData("/a\r\nb")]
    [InlineData("/a\0")]
    [InlineData("/a\u0001")]
    [InlineData("/a\u007f")]
    [InlineData("/\u00e4")]
    [InlineData("/a?x=\u00e4")]
    [InlineData("/\u4e2d")]
    [InlineData("/%41\u012f..")]
    public void TargetThatIsNotVisibleAscii_IsRefused(string target) => Assert.False(PathDecoder.TryDecode(target, out _, out _));

    [Fact]
    public async Task RandomTargets_AreReadAsKestrelDoes()
    {
        string[] pieces =
        [
            "/", "/", ".", "..", "a", "%2F", "%2e", "%2E", "%25", "%41", "%C3", "%A4", "%E4", "%B8", "%AD", "%F0", "%9F", "%98", "%80",
            "%ED", "%A0", "%C0", "%E0",
            "%F4", "%90", "%FF", "%", "4", "g", "+", "?", "%00",
        ];
        var random = new Random(20240229);
        for (var round = 0; round < 3000; round++)
        {
            var target = new StringBuilder("/");
            for (var left = random.Next(1, 14); left > 0; left--)
            {
                // The rarer pieces end a target for good, so they come seldom.
                var last = random.Next(12) == 0 ? pieces.Length : pieces.Length - 2;
                target.Append(pieces[random.Next(last)]);
            }

            await CompareAsync(target.ToString());
        }
    }

    [Fact]
    public async Task LongTarget_IsReadAsKestrelDoes()
    {
        var target = string.Concat(Enumerable.Repeat("/a%20b/../%C3%A4%2Fx/.", 200));
        await CompareAsync(target);
    }

    [Fact]
    public async Task Asterisk_HasAnEmptyPath()
    {
        Assert.True(PathDecoder.TryDecode("*", out var path, out var query));
        Assert.Equal(("", ""), (path, query));
        Assert.Equal(("", ""), await kestrel.AskAsync("*", "OPTIONS"));
        // Only OPTIONS may use it; the method is the caller's to check.
        Assert.Null(await kestrel.AskAsync("*"));
    }

    [Fact]
    public void PlainPath_IsTheSameString()
    {
        var target = new string("/pets/42.json");
        Assert.True(PathDecoder.TryDecode(target, out var path, out _));
        Assert.Same(target, path);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            PathDecoder.TryDecode(target, out _, out _);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private async Task CompareAsync(string target)
    {
        var expected = await kestrel.AskAsync(target);
        (string, string)? actual = PathDecoder.TryDecode(target, out var path, out var query) ? (path, query) : null;
        Assert.True(expected == actual, $"{target}: Kestrel says {expected?.ToString() ?? "no"}, the decoder {actual?.ToString() ?? "no"}");
    }
}
