using System.Net.WebSockets;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;
using SocketRest.Protocol;

namespace SocketRest.AspNetCore.Tests.Resuming;

/// <summary>Whom a hub lets come back to a connection, and what that takes of its places.</summary>
public sealed class ComingBackTests
{
    [Fact]
    public async Task Another_user_is_refused_and_newer_claims_of_the_same_are_taken()
    {
        await using TestHub hub = await StartAsync();
        using ResumingPeer peer = await ResumingPeer.DialAsync(hub.Tunnel, "ann");
        SocketRestConnection connection = await hub.Registry.WaitForAsync(peer.Id).InTime();
        Assert.Equal("ann", connection.User?.FindFirst("sub")?.Value);

        foreach (string? other in (string?[])["bob", null])
        {
            (ResumingPeer stranger, FrameType refused) = await ResumingPeer.ComeBackAsync(hub.Tunnel, peer.Id, peer.Token, 1, other);
            using (stranger)
            {
                Assert.Equal((FrameType.Refuse, (int)SocketRestErrorCode.ResumeFailed), (refused, (int)stranger.Answer["code"]!));
            }
        }

        await peer.PingAsync();
        Assert.False(connection.IsInterrupted);
        (ResumingPeer back, FrameType answer) = await ResumingPeer.ComeBackAsync(hub.Tunnel, peer.Id, peer.Token, 1, "ann;newer");
        using (back)
        {
            Assert.Equal((FrameType.Welcome, peer.Id), (answer, back.Id));
            await back.PingAsync();
            Assert.Equal("newer", connection.User?.FindFirst("more")?.Value);
            Assert.Same(connection, hub.Registry.Connections.Single());

            // Its predecessor was never said to be dead.
            await peer.ExpectCutAsync();
        }
    }

    [Fact]
    public async Task Application_is_asked_again_about_who_comes_back_and_its_refusal_harms_nothing()
    {
        var asked = new List<string?>();
        bool allowed = true;
        await using TestHub hub = await StartAsync(options => options.AuthorizeConnection = context =>
        {
            asked.Add($"{context.Name} {context.User?.FindFirst("more")?.Value}");
            return new(allowed);
        });
        using ResumingPeer peer = await ResumingPeer.DialAsync(hub.Tunnel, "ann");
        allowed = false;

        (ResumingPeer refused, FrameType answer) = await ResumingPeer.ComeBackAsync(hub.Tunnel, peer.Id, peer.Token, 1, "ann;newer");
        using (refused)
        {
            Assert.Equal((FrameType.Refuse, (int)SocketRestErrorCode.Unauthorized), (answer, (int)refused.Answer["code"]!));
        }

        await peer.PingAsync();
        allowed = true;
        (ResumingPeer back, answer) = await ResumingPeer.ComeBackAsync(hub.Tunnel, peer.Id, peer.Token, 1, "ann;newer");
        using (back)
        {
            Assert.Equal(FrameType.Welcome, answer);
            await back.PingAsync();
        }

        Assert.Equal(["raw ", "raw newer", "raw newer"], asked);
    }

    [Fact]
    public async Task Connection_is_not_to_be_had_through_another_endpoint()
    {
        await using TestHub hub = await StartAsync();
        using ResumingPeer peer = await ResumingPeer.DialAsync(hub.Tunnel, "ann");

        (ResumingPeer stranger, FrameType refused) = await ResumingPeer.ComeBackAsync(new Uri(hub.Address, "/side-door"), peer.Id, peer.Token, 1, "ann");
        using (stranger)
        {
            Assert.Equal((FrameType.Refuse, (int)SocketRestErrorCode.ResumeFailed), (refused, (int)stranger.Answer["code"]!));
        }

        await peer.PingAsync();
        (ResumingPeer back, FrameType answer) = await ResumingPeer.ComeBackAsync(hub.Tunnel, peer.Id, peer.Token, 1, "ann");
        using (back)
        {
            Assert.Equal(FrameType.Welcome, answer);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Full_hub_takes_back_who_has_a_place_and_counts_it_once(bool names)
    {
        await using TestHub hub = await StartAsync(options => options.MaxConnections = names ? 1 : 2);
        using ResumingPeer peer = await ResumingPeer.DialAsync(hub.Tunnel);
        SocketRestConnection connection = await hub.Registry.WaitForAsync(peer.Id).InTime();
        peer.Socket.Abort();
        await Patience.UntilAsync(() => connection.IsInterrupted);

        // Without a socket it keeps its place.
        if (names)
        {
            using UpgradeAttempt attempt = await UpgradeAttempt.SendAsync(hub.Tunnel);
            await attempt.ExpectRefusalAsync(503);
        }

        (ResumingPeer back, FrameType answer) = await ResumingPeer.ComeBackAsync(hub.Tunnel, peer.Id, peer.Token, 1, names: names);
        using (back)
        {
            Assert.Equal(FrameType.Welcome, answer);
            await back.PingAsync();
            Assert.False(connection.IsInterrupted);
            using ResumingPeer? other = names ? null : await DialUntilAdmittedAsync(hub);
            using UpgradeAttempt full = await UpgradeAttempt.SendAsync(hub.Tunnel);
            await full.ExpectRefusalAsync(503);
            Task closing = connection.CloseAsync();
            back.Socket.Abort();
            await closing.InTime();
        }

        using ResumingPeer last = await DialUntilAdmittedAsync(hub);
        await last.PingAsync();
    }

    [Fact]
    public async Task Who_says_to_be_back_and_asks_for_a_new_connection_is_refused()
    {
        await using TestHub hub = await StartAsync(options => options.MaxConnections = 1);
        using ResumingPeer peer = await ResumingPeer.DialAsync(hub.Tunnel);

        using ResumingPeer liar = await ResumingPeer.OpenAsync(hub.Tunnel, names: peer.Id);
        await liar.SendAsync(FrameType.Hello, """{"versions":[1],"settings":{}}""");
        Assert.Equal(FrameType.Refuse, await liar.ReceiveAnswerAsync());
        Assert.Equal((int)SocketRestErrorCode.HandshakeRefused, (int)liar.Answer["code"]!);

        // A name that nobody has is no way in either.
        using UpgradeAttempt unknown = await UpgradeAttempt.SendAsync(hub.Tunnel, (SubProtocol.ConnectionHeader, "0123456789abcdef"));
        await unknown.ExpectRefusalAsync(503);
        await peer.PingAsync();
        Assert.Single(hub.Registry.Connections);
    }

    [Fact]
    public async Task Connections_that_are_cut_at_once_fill_the_hub_for_the_grace_and_no_longer()
    {
        await using TestHub hub = await StartAsync(options =>
        {
            options.MaxConnections = 3;
            options.ResumeGrace = TimeSpan.FromMilliseconds(200);
        });
        for (int i = 0; i < 3; i++)
        {
            // One that is cut after WELCOME, the others after READY.
            using ResumingPeer peer = await DialUntilAdmittedAsync(hub, finish: i > 0);
            peer.Socket.Abort();
        }

        using ResumingPeer last = await DialUntilAdmittedAsync(hub);
        await Patience.UntilAsync(() => hub.Registry.Connections.Count == 1);
    }

    [Fact]
    public async Task Floods_of_wrong_attempts_harm_neither_the_connection_nor_the_places()
    {
        await using TestHub hub = await StartAsync(options => (options.MaxConnections, options.MaxConcurrentHandshakes) = (1, 8));
        using ResumingPeer peer = await ResumingPeer.DialAsync(hub.Tunnel);
        SocketRestConnection connection = await hub.Registry.WaitForAsync(peer.Id).InTime();

        for (int i = 0; i < 10; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
            {
                try
                {
                    (ResumingPeer stranger, FrameType answer) = await ResumingPeer.ComeBackAsync(hub.Tunnel, peer.Id, new string('0', 64), ulong.MaxValue);
                    using (stranger)
                    {
                        Assert.Equal(FrameType.Refuse, answer);
                    }
                }
                catch (WebSocketException)
                {
                    // Those before are not gone yet: too many handshakes.
                }
            })).InTime();
        }

        await peer.PingAsync();
        Assert.False(connection.IsInterrupted);
        (ResumingPeer back, FrameType good) = await ComeBackUntilAdmittedAsync(hub, peer);
        using (back)
        {
            Assert.Equal(FrameType.Welcome, good);
            await back.PingAsync();
        }
    }

    [Fact]
    public async Task Who_comes_back_again_and_again_is_made_to_wait_and_nobody_else()
    {
        int asked = 0;
        var time = new ManualTime();
        await using TestHub hub = await StartAsync(options =>
        {
            options.TimeProvider = time;
            options.AuthorizeConnection = _ =>
            {
                asked++;
                return new(true);
            };
        });
        ResumingPeer peer = await ResumingPeer.DialAsync(hub.Tunnel);
        using ResumingPeer other = await ResumingPeer.DialAsync(hub.Tunnel, name: "other");
        ulong attempt = 0;
        while (attempt < AspNetCore.Hub.HostedConnection.ResumeBurst)
        {
            using ResumingPeer before = peer;
            (peer, FrameType taken) = await ResumingPeer.ComeBackAsync(hub.Tunnel, before.Id, before.Token, ++attempt);
            Assert.Equal(FrameType.Welcome, taken);

            // Its handshake is over, and the secret that it was given is good.
            await peer.PingAsync();
        }

        asked = 0;
        using ResumingPeer last = peer;
        (ResumingPeer refused, FrameType answer) = await ResumingPeer.ComeBackAsync(hub.Tunnel, last.Id, last.Token, ++attempt);
        using (refused)
        {
            Assert.Equal((FrameType.Refuse, (int)SocketRestErrorCode.EnhanceYourCalm), (answer, (int)refused.Answer["code"]!));
            Assert.Equal(50, (int)refused.Answer["retryAfter"]!);
        }

        Assert.Equal(0, asked);
        await last.PingAsync();
        (ResumingPeer otherBack, answer) = await ResumingPeer.ComeBackAsync(hub.Tunnel, other.Id, other.Token, 1);
        using (otherBack)
        {
            Assert.Equal(FrameType.Welcome, answer);
        }

        time.Advance(TimeSpan.FromMilliseconds(50));
        (ResumingPeer back, answer) = await ResumingPeer.ComeBackAsync(hub.Tunnel, last.Id, last.Token, ++attempt);
        using (back)
        {
            Assert.Equal(FrameType.Welcome, answer);
        }
    }

    /// <summary>Whoever says so is the user; a second word is one more claim.</summary>
    private static async Task<TestHub> StartAsync(Action<SocketRestServerOptions>? configure = null)
    {
        TestHub hub = await TestHub.StartAsync(
            app =>
            {
                app.Use((context, next) =>
                {
                    if (context.Request.Headers["x-user"] is [{ } user])
                    {
                        string[] words = user.Split(';');
                        context.User = new ClaimsPrincipal(new ClaimsIdentity(
                            words.Length > 1 ? [new Claim("sub", words[0]), new Claim("more", words[1])] : [new Claim("sub", words[0])], "test"));
                    }

                    return next(context);
                });
                app.MapSocketRest("/side-door");
            },
            configure);
        hub.ExpectsErrors = true;
        return hub;
    }

    private static async Task<ResumingPeer> DialUntilAdmittedAsync(TestHub hub, bool finish = true)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (true)
        {
            try
            {
                if (finish)
                {
                    return await ResumingPeer.DialAsync(hub.Tunnel);
                }

                ResumingPeer peer = await ResumingPeer.OpenAsync(hub.Tunnel, names: null);
                await peer.SendAsync(FrameType.Hello, """{"versions":[1],"settings":{}}""");
                Assert.Equal(FrameType.Welcome, await peer.ReceiveAnswerAsync());
                return peer;
            }
            catch (WebSocketException)
            {
                limit.Token.ThrowIfCancellationRequested();
            }
        }
    }

    private static async Task<(ResumingPeer Peer, FrameType Answer)> ComeBackUntilAdmittedAsync(TestHub hub, ResumingPeer peer)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (true)
        {
            try
            {
                return await ResumingPeer.ComeBackAsync(hub.Tunnel, peer.Id, peer.Token, 1);
            }
            catch (WebSocketException)
            {
                limit.Token.ThrowIfCancellationRequested();
            }
        }
    }
}
