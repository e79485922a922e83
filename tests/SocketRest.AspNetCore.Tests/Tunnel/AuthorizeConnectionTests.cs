using System.Text.Json.Nodes;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>The application decides who may connect under which name, and how much each may say of itself.</summary>
public sealed class AuthorizeConnectionTests
{
    [Fact]
    public async Task Names_are_bound_to_whom_the_application_says()
    {
        await using TestHub hub = await TestHub.StartAsync(configure: options => options.AuthorizeConnection = context =>
        {
            context.RefusalReason = $"{context.Name} is not yours.";
            return new(context.HttpContext.Request.Headers["X-Ticket"] == context.Name);
        });
        void As(string ticket, SocketRestClientOptions options)
        {
            options.Name = "kiln-7";
            options.ConfigureWebSocket = socket => socket.SetRequestHeader("X-Ticket", ticket);
        }

        SocketRestException refused = await Assert.ThrowsAsync<SocketRestException>(() => hub.DialAsync(options => As("kiln-8", options)));
        Assert.Equal(SocketRestErrorCode.Unauthorized, refused.ErrorCode);
        Assert.Equal(RequestOutcome.NotSent, refused.Outcome);
        Assert.Contains("kiln-7 is not yours.", refused.Message, StringComparison.Ordinal);
        Assert.Empty(hub.Registry.Connections);

        await using SocketRestClient admitted = await hub.DialAsync(options => As("kiln-7", options));
        Assert.Same(await hub.SideOfAsync(admitted), hub.Registry["kiln-7"]);
    }

    [Fact]
    public async Task Application_sees_all_that_the_dialling_side_said_and_a_refusal_without_a_reason_has_one()
    {
        SocketRestHandshakeContext? seen = null;
        string? path = null;
        await using TestHub hub = await TestHub.StartAsync(configure: options => options.AuthorizeConnection = context =>
        {
            (seen, path) = (context, context.HttpContext.Request.Path);
            return new(false);
        });

        SocketRestException refused = await Assert.ThrowsAsync<SocketRestException>(() => hub.DialAsync(options =>
        {
            options.Name = "kiln-7";
            options.Instance = "first";
            options.Metadata = new JsonObject { ["site"] = "north" };
            options.RequestHandler = (_, _) => Task.FromResult(new HttpResponseMessage());
        }));

        Assert.Contains("not for a connection of this name", refused.Message, StringComparison.Ordinal);
        Assert.Equal(("kiln-7", "first", "north"), (seen!.Name, seen.Instance, seen.Metadata.GetProperty("site").GetString()));
        Assert.True(seen.PeerServes);
        Assert.Null(seen.User);
        Assert.Equal("/tunnel", path);
    }

    [Fact]
    public async Task Application_that_fails_refuses_the_connection_and_keeps_the_cause_to_itself()
    {
        await using TestHub hub = await TestHub.StartAsync(configure: options =>
            options.AuthorizeConnection = _ => throw new InvalidOperationException("The directory is down."));
        hub.ExpectsErrors = true;

        SocketRestException refused = await Assert.ThrowsAsync<SocketRestException>(() => hub.DialAsync());

        Assert.Equal(SocketRestErrorCode.InternalError, refused.ErrorCode);
        Assert.DoesNotContain("directory", refused.Message, StringComparison.Ordinal);
        Assert.Empty(hub.Registry.Connections);
    }

    [Fact]
    public async Task Application_that_never_decides_is_cut_off_by_the_handshake_timeout()
    {
        var never = new TaskCompletionSource<bool>();
        var aborted = new Signal();
        await using TestHub hub = await TestHub.StartAsync(configure: options =>
        {
            options.HandshakeTimeout = TimeSpan.FromMilliseconds(200);
            options.AuthorizeConnection = context =>
            {
                context.Aborted.UnsafeRegister(_ => aborted.Release(), null);
                return new(never.Task);
            };
        });

        await Assert.ThrowsAsync<SocketRestException>(() => hub.DialAsync());

        await aborted.NextAsync();
        Assert.Empty(hub.Registry.Connections);
    }

    [Fact]
    public async Task Without_a_decision_any_name_is_taken()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using SocketRestClient one = await hub.DialAsync(options => options.Name = "kiln-7");
        await using SocketRestClient other = await hub.DialAsync(options => options.Name = "kiln-7");

        await hub.SideOfAsync(one);
        await hub.SideOfAsync(other);
        Assert.Equal(2, hub.Registry.Connections.Count(connection => connection.Name == "kiln-7"));
    }

    [Theory]
    [InlineData(80, true)]
    [InlineData(81, false)]
    public async Task Metadata_is_limited_in_size(int size, bool fits)
    {
        await using TestHub hub = await TestHub.StartAsync(configure: options => options.MaxMetadataSize = 80);
        string text = new('t', size - """{"text":""}""".Length);

        await ExpectAsync(hub, new JsonObject { ["text"] = text }, fits, $"takes {size} bytes; 80 is the limit");
    }

    [Theory]
    [InlineData("""{"a":{"b":{"c":1}}}""", true)]
    [InlineData("""{"a":[[1]],"b":[]}""", true)]
    [InlineData("""{"a":{"b":{"c":{}}}}""", false)]
    [InlineData("""{"z":1,"a":[[[]]]}""", false)]
    public async Task Metadata_is_limited_in_depth(string metadata, bool fits)
    {
        await using TestHub hub = await TestHub.StartAsync(configure: options => options.MaxMetadataDepth = 3);

        await ExpectAsync(hub, JsonNode.Parse(metadata)!.AsObject(), fits, "more than 3 levels deep");
    }

    [Fact]
    public async Task Metadata_has_limits_by_default()
    {
        await using TestHub hub = await TestHub.StartAsync();

        await ExpectAsync(hub, new JsonObject { ["text"] = new string('t', 16_000) }, fits: true, "");
        await ExpectAsync(hub, new JsonObject { ["text"] = new string('t', 17_000) }, fits: false, "16384 is the limit");
        await ExpectAsync(hub, JsonNode.Parse("""{"a":[[[[[[[]]]]]]]}""")!.AsObject(), fits: true, "");
        await ExpectAsync(hub, JsonNode.Parse("""{"a":[[[[[[[[]]]]]]]]}""")!.AsObject(), fits: false, "8 levels");
    }

    private static async Task ExpectAsync(TestHub hub, JsonObject metadata, bool fits, string sentence)
    {
        Task<SocketRestClient> dial = hub.DialAsync(options => options.Metadata = metadata);
        if (fits)
        {
            await (await dial).DisposeAsync();
            return;
        }

        SocketRestException refused = await Assert.ThrowsAsync<SocketRestException>(() => dial);
        Assert.Equal(SocketRestErrorCode.HandshakeRefused, refused.ErrorCode);
        Assert.Contains(sentence, refused.Message, StringComparison.Ordinal);
    }
}
