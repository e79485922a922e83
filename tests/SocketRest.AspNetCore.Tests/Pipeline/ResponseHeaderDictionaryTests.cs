using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using SocketRest.AspNetCore.Pipeline;

// What Add does to a duplicate is what is compared here.
#pragma warning disable ASP0019

namespace SocketRest.AspNetCore.Tests.Pipeline;

public sealed class ResponseHeaderDictionaryTests(KestrelHeadersServer kestrel) : IClassFixture<KestrelHeadersServer>
{
    /// <summary>Each takes an empty dictionary and says what it saw; a script whose writes fail says with which exception.</summary>
    private static readonly (string Name, Func<IHeaderDictionary, object?> Run)[] s_scripts =
    [
        ("missing", h => h["X-None"].Count),
        ("missing by interface", h => ((IDictionary<string, StringValues>)h)["X-None"]),
        ("set and get in another case", h => { h["X-A"] = "1"; return h["x-a"].ToString(); }),
        ("set twice", h => { h["X-A"] = "1"; h["x-A"] = "2"; return (h.Count, h["X-A"].ToString()); }),
        ("set empty removes", h => { h["X-A"] = "1"; h["X-A"] = default; return (h.Count, h.ContainsKey("X-A")); }),
        ("set empty array removes", h => { h["X-A"] = "1"; h["X-A"] = Array.Empty<string>(); return h.Count; }),
        ("set null removes", h => { h["X-A"] = "1"; h["X-A"] = (string?)null; return h.Count; }),
        ("set empty string stays", h => { h["X-A"] = ""; return (h.Count, h["X-A"].Count); }),
        ("several values", h => { h["X-A"] = new(["1", "2"]); return h["X-A"].ToString(); }),
        ("append", h => { h.Append("X-A", "1"); h.Append("X-A", "2"); return h["X-A"].Count; }),
        ("add", h => { h.Add("X-A", "1"); return h["X-A"].ToString(); }),
        ("add twice", h => { h.Add("X-A", "1"); h.Add("X-A", "1"); return h.Count; }),
        ("add empty", h => { h.Add("X-A", default(StringValues)); return h.Count; }),
        ("add pair", h => { h.Add(new KeyValuePair<string, StringValues>("X-A", "1")); return h.Count; }),
        ("empty name", h => h[""] = "1"),
        ("remove empty name", h => h[""] = default),
        ("remove", h => { h["X-A"] = "1"; return (h.Remove("x-a"), h.Remove("X-A"), h.Count); }),
        ("remove pair", h => { h["X-A"] = "1"; return (h.Remove(Pair("X-A", "2")), h.Remove(Pair("X-A", "1")), h.Count); }),
        ("contains pair", h => { h["X-A"] = "1"; return (h.Contains(Pair("X-A", "2")), h.Contains(Pair("X-A", "1"))); }),
        ("clear", h => { h["X-A"] = "1"; h.ContentLength = 5; h.Clear(); return (h.Count, h.ContentLength); }),
        ("keys", h => { h["X-A"] = "1"; h["X-B"] = "2"; return string.Join(",", h.Keys.Order()); }),
        ("values", h => { h["X-A"] = "1"; h["X-B"] = "2"; return string.Join(",", h.Values.Select(v => v.ToString()).Order()); }),
        ("enumerate", h => { h["X-A"] = "1"; h.ContentLength = 5; return string.Join(",", h.Select(p => $"{p.Key}={p.Value}").Order()); }),
        ("copy", h => { h["X-A"] = "1"; var copy = new KeyValuePair<string, StringValues>[2]; h.CopyTo(copy, 1); return copy[1].Key; }),
        ("copy beyond the end", h => { h["X-A"] = "1"; h.CopyTo(new KeyValuePair<string, StringValues>[1], 1); return null; }),
        ("typed header", h => { h.ContentType = "text/plain"; return h["content-type"].ToString(); }),
        ("read only", h => h.IsReadOnly),

        ("length", h => { h.ContentLength = 5; return (h.Count, h["content-length"].ToString(), h.ContainsKey("Content-Length")); }),
        ("length zero", h => { h.ContentLength = 0; return (h.Count, h["content-length"].ToString()); }),
        ("length as text", h => { h["Content-Length"] = "5"; return h.ContentLength; }),
        ("length with zeros", h => { h["Content-Length"] = "005"; return (h.ContentLength, h["Content-Length"].ToString()); }),
        ("length at most", h => { h["Content-Length"] = "9223372036854775807"; return h.ContentLength; }),
        ("length too large", h => h["Content-Length"] = "9223372036854775808"),
        ("length negative", h => h.ContentLength = -1),
        ("length negative as text", h => h["Content-Length"] = "-1"),
        ("length signed", h => h["Content-Length"] = "+1"),
        ("length of letters", h => h["Content-Length"] = "five"),
        ("length empty", h => h["Content-Length"] = ""),
        ("length twice", h => h["Content-Length"] = new(["5", "5"])),
        ("length added twice", h => { h.Add("Content-Length", "5"); h.Add("Content-Length", "5"); return null; }),
        ("length null removes", h => { h.ContentLength = 5; h.ContentLength = null; return h.Count; }),
        ("length removed", h => { h.ContentLength = 5; return (h.Remove("content-length"), h.Remove("Content-Length"), h.ContentLength); }),
        ("length by interface", h => ((IDictionary<string, StringValues>)h)["Content-Length"]),
    ];

    [Fact]
    public async Task Scripts_EndAsOnKestrel()
    {
        foreach (var (name, run) in s_scripts)
        {
            var expected = await kestrel.UseAsync(response => Task.FromResult(Outcome(run, response.Headers)));
            Assert.Equal($"{name}: {expected}", $"{name}: {Outcome(run, new ResponseHeaderDictionary())}");
        }
    }

    [Fact]
    public async Task CharactersInNames_AreThoseOfKestrel()
    {
        var expected = await kestrel.UseAsync(response => Task.FromResult(Accepted(response.Headers, c => ($"X{c}Y", "1"))));
        Assert.Equal(expected, Accepted(new ResponseHeaderDictionary(), c => ($"X{c}Y", "1")));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("a", "b")]
    [InlineData("a", "")]
    [InlineData("", "b")]
    public async Task CharactersInValues_AreThoseOfKestrel(string before, string after)
    {
        var expected = await kestrel.UseAsync(response => Task.FromResult(Accepted(response.Headers, c => ("X-A", before + c + after))));
        Assert.Equal(expected, Accepted(new ResponseHeaderDictionary(), c => ("X-A", before + c + after)));
    }

    [Fact]
    public async Task AfterTheStart_WritesFailAsOnKestrel()
    {
        Func<IHeaderDictionary, object?>[] writes =
        [
            h => h["X-B"] = "1", h => h["X-A"] = default, h => h["X-A"] = "2", h => { h.Add("X-B", "1"); return null; },
            h => h.Remove("X-A"),
            h => { h.Clear(); return null; }, h => h.ContentLength = 5, h => h.ContentLength = null, h => h.IsReadOnly,
            h => h["X-A"].ToString(),
        ];
        var expected = await kestrel.UseAsync(async response =>
        {
            response.Headers["X-A"] = "1";
            await response.StartAsync();
            return writes.Select(write => Outcome(write, response.Headers)).ToArray();
        });
        var headers = new ResponseHeaderDictionary { ["X-A"] = "1" };
        headers.SetReadOnly();
        Assert.Equal(expected, writes.Select(write => Outcome(write, headers)));
    }

    [Fact]
    public void AfterTheStart_RemovingAPairFailsToo()
    {
        // Kestrel lets this one through.
        var headers = new ResponseHeaderDictionary { ["X-A"] = "1" };
        headers.SetReadOnly();
        Assert.Throws<InvalidOperationException>(() => headers.Remove(Pair("X-A", "1")));
    }

    [Fact]
    public void ValueThatIsNoText_IsRefused()
    {
        // Not InlineData: what names the test cases would replace the lone surrogates.
        foreach (var value in new[] { "\ud800", "a\udc00", "\udc00\ud800", "\u00e4\r\nX-Evil: 1" })
            Assert.Throws<InvalidOperationException>(() => new ResponseHeaderDictionary { ["X-A"] = value });
    }

    [Fact]
    public void ValueBeyondAscii_IsKept()
    {
        const string text = "gr\u00fc\u00df \u4e2d\u6587 \ud83d\ude00";
        Assert.Equal(text, new ResponseHeaderDictionary { ["X-A"] = text }["X-A"]);
    }

    [Fact]
    public void BadSecondValue_LeavesTheOldOne()
    {
        var headers = new ResponseHeaderDictionary { ["X-A"] = "1" };
        Assert.Throws<InvalidOperationException>(() => headers["X-A"] = new(["2", "3\n"]));
        Assert.Equal("1", headers["X-A"]);
    }

    [Fact]
    public void Reset_LeavesNothingOfTheLastResponse()
    {
        var headers = new ResponseHeaderDictionary { ["X-A"] = "1", ContentLength = 5 };
        headers.SetReadOnly();
        headers.Reset();
        Assert.Empty(headers);
        Assert.Null(headers.ContentLength);
        headers["X-B"] = "2";
        Assert.Equal(["X-B"], headers.Keys);
    }

    [Fact]
    public void Reuse_AllocatesNothing()
    {
        var headers = new ResponseHeaderDictionary();
        Fill(headers);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            Fill(headers);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Fill(ResponseHeaderDictionary headers)
        {
            headers["Content-Type"] = "application/json";
            headers["X-A"] = "1";
            headers.SetReadOnly();
            foreach (var header in headers)
                Assert.NotNull(header.Key);
            headers.Reset();
        }
    }

    [Fact]
    public void ManyHeaders_DoNotStayAllocated()
    {
        var names = Enumerable.Range(0, 10_000).Select(i => $"X-{i}").ToArray();
        var headers = new ResponseHeaderDictionary();
        foreach (var name in names)
            headers[name] = "1";
        headers.Reset();

        // The table was let go, so it has to grow again.
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var name in names)
            headers[name] = "1";
        Assert.NotEqual(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static KeyValuePair<string, StringValues> Pair(string name, string value) => new(name, value);

    private static string Outcome(Func<IHeaderDictionary, object?> run, IHeaderDictionary headers)
    {
        try
        {
            return run(headers)?.ToString() ?? "nothing";
        }
        catch (Exception error)
        {
            return error.GetType().Name;
        }
    }

    private static string Accepted(IHeaderDictionary headers, Func<char, (string Name, string Value)> header)
    {
        var accepted = Enumerable.Range(0, 0x250).Where(c =>
        {
            var (name, value) = header((char)c);
            return Outcome(h => h[name] = value, headers) != nameof(InvalidOperationException);
        });
        return string.Join(" ", accepted.Select(c => c.ToString("X2", null)));
    }
}
