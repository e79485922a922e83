using System.Buffers.Binary;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore.Tests.Tunnel;
using SocketRest.Protocol;

namespace SocketRest.AspNetCore.Tests.Pipeline;

/// <summary>What a peer may say in <c>:authority</c> and <c>host</c>: what Kestrel takes there, and nothing else reaches the application.</summary>
public sealed class AuthorityTests(KestrelPathServer kestrel) : IClassFixture<KestrelPathServer>
{
    public static TheoryData<string> Authorities =>
    [
        "", "a", "petstore", "petstore.example", "petstore.example.", "PetStore", "a-b_c~d", "1.2.3.4", "1", "a!$&'()b", "-", ".", "..",
        "a:1", "a:80", "a:65536", "a:00000", "1.2.3.4:80", "[::1]", "[::1]:80", "[fe80::1]", "[1:2:3:4:5:6:7:8]", "[::ffff:1.2.3.4]:1", "[::]", "[::1", "[:1]", "[...]",
        "[]", "[", "[a]", "[::1]x", "[::1]:", "[::1]:x", "[::1%25eth0]", "[v1.a]", "[::1]]", "a[::1]", "::1",
        ":", ":80", "a:", "a:x", "a:80x", "a:+80", "a:-1", "a: 80", "a:80:81", "a:8_0", "a::80",
        " ", "a b", " a", "a ", "a/b", "a\\b", "a?b", "a#b", "u@a", "u:p@a", "a,b", "a;b", "a=b", "a*b", "a+b", "a%20b", "a%", "%41", "a<b>", "a\"b", "a^b", "a`b", "a{b}", "a|b", "a]b",
        "\u00f6fen", "\u4e2d", "a\tb",
    ];

    [Theory]
    [MemberData(nameof(Authorities))]
    public async Task Authority_is_judged_as_Kestrel_judges_it(string authority) =>
        Assert.Equal(await kestrel.AskAsync("/", authority: authority) is not null, AuthorityRules.IsValid(authority));

    [Theory]
    [InlineData(":authority", "a b")]
    [InlineData(":authority", "evil<script>")]
    [InlineData(":authority", "a:http")]
    [InlineData(":authority", "[::1")]
    [InlineData(":authority", "a,b")]
    [InlineData("host", "user@a")]
    [InlineData("host", "a%2Fb")]
    public async Task Peer_with_a_bad_authority_hears_of_it_and_its_next_request_is_answered(string field, string value)
    {
        int reached = 0;
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/", (HttpContext context) =>
        {
            Interlocked.Increment(ref reached);
            return context.Response.WriteAsync(context.Request.Host.Value!);
        }));
        using RawPeer peer = await RawPeer.ConnectAsync(hub.Tunnel, "raw", "a");

        await peer.SendRequestAsync(1, (field, value));
        Assert.Equal((FrameType.Reset, SocketRestErrorCode.MalformedMessage), await peer.ReceiveAnswerAsync(1));

        await peer.SendRequestAsync(3, (field, "petstore:81"));
        Assert.Equal(FrameType.Headers, (await peer.ReceiveAnswerAsync(3)).Type);
        Assert.Equal(1, reached);
    }

    [Fact]
    public async Task Peer_that_goes_on_with_bad_authorities_is_ended()
    {
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/", () => "reached"), options =>
        {
            options.MaxConcurrentStreams = 5;
            options.MaxResetsPerSecond = 5;
            options.TimeProvider = new ManualTime();
        });
        using RawPeer peer = await RawPeer.ConnectAsync(hub.Tunnel, "raw", "a");
        for (uint id = 1; id <= 11; id += 2)
        {
            await peer.SendRequestAsync(id, (":authority", "a b"));
            Assert.Equal((FrameType.Reset, SocketRestErrorCode.MalformedMessage), await peer.ReceiveAnswerAsync(id));
        }

        (FrameHeader header, byte[] payload) = await peer.ReceiveFrameAsync();
        Assert.Equal(FrameType.GoAway, header.Type);
        Assert.Equal(SocketRestErrorCode.EnhanceYourCalm, (SocketRestErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload.AsSpan(4)));
    }

    [Fact]
    public async Task Two_hosts_are_none()
    {
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/", () => "reached"));
        using RawPeer peer = await RawPeer.ConnectAsync(hub.Tunnel, "raw", "a");

        await peer.SendRequestAsync(1, ("host", "a"), ("host", "b"));

        Assert.Equal((FrameType.Reset, SocketRestErrorCode.MalformedMessage), await peer.ReceiveAnswerAsync(1));
    }
}
