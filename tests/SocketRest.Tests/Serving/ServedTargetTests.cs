using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Serving;

/// <summary>The targets and authorities that a request handler is given, and those that it is not troubled with.</summary>
public sealed class ServedTargetTests : IAsyncLifetime
{
    private readonly RawListener _hub = new();
    private readonly List<HttpRequestMessage> _seen = [];
    private RawPeer _peer = null!;

    public static TheoryData<string, string, string> BadTargets => new()
    {
        { "GET", "device", "" },
        { "GET", "device", "*" },
        { "OPTIONS", "device", "**" },
        { "GET", "device", "pets" },
        { "GET", "device", "http://device/" },
        { "GET", "device", "/a b" },
        { "GET", "device", "/\u00e4" },
        { "GET", "a/b", "/" },
        { "GET", "user@a", "/" },
        { "GET", "a:http", "/" },
        { "GET", "[::1", "/" },
        { "OPTIONS", "a b", "*" },
    };

    [Theory]
    [MemberData(nameof(BadTargets))]
    public async Task Request_for_nothing_is_reset_with_a_sentence_and_the_next_one_is_answered(string method, string authority, string path)
    {
        await _peer.SendHeadersAsync(2, endStream: true, (":method", method), (":scheme", "http"), (":authority", authority), (":path", path));
        RawFrame reset = await _peer.ExpectResetAsync(2, SocketRestErrorCode.MalformedMessage);
        Assert.StartsWith("The ", reset.Sentence, StringComparison.Ordinal);

        await _peer.SendRequestAsync(4);
        await _peer.ExpectHeadersAsync(4);
        Assert.Equal("http://device/", Assert.Single(_seen).RequestUri!.OriginalString);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("x")]
    public async Task Peer_that_goes_on_with_bad_targets_is_ended(string? path)
    {
        (string, string)[] fields = [(":method", "GET"), (":scheme", "http")];
        for (uint id = 2; id <= 12; id += 2)
        {
            await _peer.SendHeadersAsync(id, endStream: true, path is null ? fields : [.. fields, (":path", path)]);
            await _peer.ExpectResetAsync(id, SocketRestErrorCode.MalformedMessage);
        }

        await _peer.ExpectEndAsync(SocketRestErrorCode.EnhanceYourCalm);
        Assert.Empty(_seen);
    }

    [Fact]
    public async Task Host_stands_in_for_an_authority_and_is_judged_like_one()
    {
        await _peer.SendHeadersAsync(2, endStream: true, (":method", "GET"), (":scheme", "http"), (":path", "/"), ("host", "other:81"));
        await _peer.ExpectHeadersAsync(2);
        await _peer.SendHeadersAsync(4, endStream: true, (":method", "GET"), (":scheme", "http"), (":path", "/"), ("host", "a/b"));
        await _peer.ExpectResetAsync(4, SocketRestErrorCode.MalformedMessage);
        await _peer.SendHeadersAsync(6, endStream: true, (":method", "GET"), (":scheme", "http"), (":path", "/"), ("host", "a"), ("host", "b"));
        await _peer.ExpectResetAsync(6, SocketRestErrorCode.MalformedMessage);

        Assert.Equal("http://other:81/", Assert.Single(_seen).RequestUri!.OriginalString);
    }

    [Theory]
    [InlineData("http", "device", "http://device")]
    [InlineData("https", "device:8443", "https://device:8443")]
    [InlineData("http", "", "http://localhost")]
    public async Task Options_for_the_server_as_a_whole_have_an_address_without_a_path(string scheme, string authority, string address)
    {
        await _peer.SendHeadersAsync(2, endStream: true, (":method", "OPTIONS"), (":scheme", scheme), (":authority", authority), (":path", "*"));
        await _peer.ExpectHeadersAsync(2);

        HttpRequestMessage request = Assert.Single(_seen);
        Assert.Equal((HttpMethod.Options, address), (request.Method, request.RequestUri!.OriginalString));
    }

    public async Task InitializeAsync()
    {
        SocketRestClient client = _hub.CreateClient(new FakeTime(), options =>
        {
            options.MaxConcurrentStreams = 5;
            options.MaxResetsPerSecond = 5;
            options.RequestHandler = (request, _) =>
            {
                _seen.Add(request);
                return Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.NoContent));
            };
        });
        Task<SocketRestConnection> connecting = client.GetConnectionAsync();
        _peer = await _hub.NextAsync();
        await _peer.AcceptAsync(Dialogue.QuietSettings);
        await connecting.Soon();
    }

    public Task DisposeAsync() => _hub.EndAsync();
}
