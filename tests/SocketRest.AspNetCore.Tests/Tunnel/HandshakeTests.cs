using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.Protocol;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>What the accepting side makes of a first word that is wrong: a REFUSE that arrives, and no connection.</summary>
public sealed class HandshakeTests
{
    public static TheoryData<string, SocketRestErrorCode> BadHellos => new()
    {
        { """{"versions":[2,3],"settings":{}}""", SocketRestErrorCode.VersionNotSupported },
        { """{"versions":[],"settings":{}}""", SocketRestErrorCode.VersionNotSupported },
        { """{"settings":{}}""", SocketRestErrorCode.ProtocolError },
        { """{"versions":[1]}""", SocketRestErrorCode.ProtocolError },
        { """{"versions":[1],"settings":{"streamWindow":0}}""", SocketRestErrorCode.ProtocolError },
        { """{"versions":[1],"settings":{},"name":""}""", SocketRestErrorCode.ProtocolError },
        { """{"versions":[1],"settings":{},"metadata":[1]}""", SocketRestErrorCode.ProtocolError },
        { "null", SocketRestErrorCode.ProtocolError },
        { "not JSON", SocketRestErrorCode.ProtocolError },
    };

    [Theory]
    [MemberData(nameof(BadHellos))]
    public async Task Bad_hello_is_refused_with_a_code_and_a_sentence(string hello, SocketRestErrorCode code)
    {
        await using TestHub hub = await TestHub.StartAsync();
        using RawPeer peer = await RawPeer.OpenAsync(hub.Tunnel);

        await peer.SendAsync(FrameType.Hello, hello);

        JsonNode refusal = await ReceiveRefusalAsync(peer);
        Assert.Equal((int)code, (int)refusal["code"]!);
        Assert.NotEmpty((string)refusal["message"]!);
        Assert.Empty(hub.Registry.Connections);
    }

    [Theory]
    [InlineData(FrameType.Ready)]
    [InlineData(FrameType.GoAway)]
    public async Task Another_frame_in_place_of_hello_is_refused(object type)
    {
        await using TestHub hub = await TestHub.StartAsync();
        using RawPeer peer = await RawPeer.OpenAsync(hub.Tunnel);

        await peer.SendAsync((FrameType)type, "{}");

        Assert.Equal((int)SocketRestErrorCode.ProtocolError, (int)(await ReceiveRefusalAsync(peer))["code"]!);
    }

    [Fact]
    public async Task Bytes_that_are_no_frame_are_refused_as_a_protocol_error()
    {
        await using TestHub hub = await TestHub.StartAsync();
        using RawPeer peer = await RawPeer.OpenAsync(hub.Tunnel);

        await peer.Socket.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: true, default);

        // Codes from 100 on, NotSocketRest among them, stay on this side of the wire.
        Assert.Equal((int)SocketRestErrorCode.ProtocolError, (int)(await ReceiveRefusalAsync(peer))["code"]!);
    }

    [Fact]
    public async Task Smallest_hello_gets_the_documented_defaults()
    {
        await using TestHub hub = await TestHub.StartAsync();
        using RawPeer peer = await RawPeer.ConnectAsync(hub.Tunnel, "smallest", "one");

        SocketRestConnection connection = await hub.Registry.WaitForAsync(one => one.Name == "smallest").InTime();

        Assert.Equal(new WireSettings(), connection.Tunnel.RemoteSettings);
    }

    [Fact]
    public async Task Silence_ends_with_the_handshake_timeout()
    {
        await using TestHub hub = await TestHub.StartAsync(configure: options => options.HandshakeTimeout = TimeSpan.FromMilliseconds(50));
        using RawPeer peer = await RawPeer.OpenAsync(hub.Tunnel);

        Assert.Equal((int)SocketRestErrorCode.HandshakeTimeout, (int)(await ReceiveRefusalAsync(peer))["code"]!);
    }

    private static async Task<JsonNode> ReceiveRefusalAsync(RawPeer peer)
    {
        var buffer = new byte[4096];
        WebSocketReceiveResult received = await peer.Socket.ReceiveAsync(buffer, default).InTime();
        Assert.Equal((byte)FrameType.Refuse, buffer[0]);
        int length = BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(2));
        Assert.Equal(FrameHeader.Size + length, received.Count);

        WebSocketReceiveResult close = await peer.Socket.ReceiveAsync(new byte[10], default).InTime();
        Assert.Equal(WebSocketMessageType.Close, close.MessageType);
        return JsonNode.Parse(Encoding.UTF8.GetString(buffer, FrameHeader.Size, length))!;
    }
}
