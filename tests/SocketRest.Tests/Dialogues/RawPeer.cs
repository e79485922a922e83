using System.Net.WebSockets;
using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Tests.Dialogues;

/// <summary>The other end of a connection, played by hand: it sends what it is told and says what it hears. The expectations are in the other part.</summary>
/// <param name="socket">Its socket.</param>
/// <param name="before">The same peer with the socket that it had before, on which it stopped with whole frames.</param>
internal sealed partial class RawPeer(WebSocket socket, RawPeer? before = null)
{
    private readonly HpackEncoder _encoder = before?._encoder ?? new(4096);
    private readonly HpackDecoder _decoder = before?._decoder ?? new(4096, 1 << 24, 10_000);

    public WebSocket Socket => socket;

    public Task SendBytesAsync(params byte[] bytes) => SendMessageAsync(bytes, WebSocketMessageType.Binary);

    public Task SendTextAsync(string text) => SendMessageAsync(System.Text.Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    public Task SendFrameAsync(FrameType type, FrameFlags flags, uint streamId, params byte[] payload) =>
        SendBytesAsync(Frames.Frame(type, flags, streamId, payload));

    /// <summary>A HEADERS frame by this peer's own encoder. It has to be sent, and in this order.</summary>
    public byte[] Headers(uint streamId, bool endStream, params (string Name, string Value)[] fields)
    {
        var list = new HeaderList();
        foreach ((string name, string value) in fields)
        {
            list.Add(name, value);
        }

        byte[] block = new byte[list.EncodedBound + 16];
        int length = _encoder.Encode(list.Span, block);
        return Frames.Frame(FrameType.Headers, endStream ? FrameFlags.EndStream : FrameFlags.None, streamId, block.AsSpan(0, length));
    }

    public byte[] Request(uint streamId, bool endStream = true, string method = "GET", string path = "/", params (string Name, string Value)[] more) =>
        Headers(streamId, endStream, [(":method", method), (":scheme", "http"), (":authority", "device"), (":path", path), .. more]);

    public byte[] Response(uint streamId, bool endStream, int status = 200, params (string Name, string Value)[] more) =>
        Headers(streamId, endStream, [(":status", status.ToString(System.Globalization.CultureInfo.InvariantCulture)), .. more]);

    public Task SendHeadersAsync(uint streamId, bool endStream, params (string Name, string Value)[] fields) =>
        SendBytesAsync(Headers(streamId, endStream, fields));

    public Task SendRequestAsync(uint streamId, bool endStream = true, string method = "GET", string path = "/", params (string Name, string Value)[] more) =>
        SendBytesAsync(Request(streamId, endStream, method, path, more));

    public Task SendResponseAsync(uint streamId, bool endStream, int status = 200, params (string Name, string Value)[] more) =>
        SendBytesAsync(Response(streamId, endStream, status, more));

    public Task SendDataAsync(uint streamId, byte[] payload, bool endStream = false) => SendBytesAsync(Frames.Data(streamId, payload, endStream));

    /// <summary>A body of any length, in frames; the caller knows that the window allows it.</summary>
    public async Task SendBodyAsync(uint streamId, byte[] body, bool endStream = true)
    {
        for (int start = 0; start < body.Length; start += 16_000)
        {
            int length = Math.Min(16_000, body.Length - start);
            await SendDataAsync(streamId, body.AsSpan(start, length).ToArray(), endStream && start + length == body.Length);
        }
    }

    public Task SendWindowAsync(uint streamId, uint increment) => SendBytesAsync(Frames.Window(streamId, increment));

    public Task SendResetAsync(uint streamId, SocketRestErrorCode code, string sentence = "") => SendBytesAsync(Frames.Reset(streamId, code, sentence));

    public Task SendGoAwayAsync(uint lastStreamId, SocketRestErrorCode code, string sentence = "") =>
        SendBytesAsync(Frames.GoAway(lastStreamId, code, sentence));

    /// <summary>Says that nothing of this peer's is left and that it opens nothing more.</summary>
    public Task AnswerGoAwayAsync() => SendBytesAsync(Frames.GoAway(0, SocketRestErrorCode.None, answer: true));

    public Task SendPingAsync(ulong number, bool answer = false, params byte[] data) => SendBytesAsync(Frames.Ping(number, answer, data));

    public Task SendAckAsync(ulong count) => SendBytesAsync(Frames.Ack(count));

    public async Task SendCloseAsync()
    {
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).Soon();
        }
        catch (WebSocketException)
        {
            // The other end took the close frame and was gone before the call returned.
        }
    }

    /// <summary>Sends its close frame, reads up to the other end's, whatever comes before it, and ends the line, for which a socket that dialled waits a second.</summary>
    public async Task CloseAsync()
    {
        await SendCloseAsync();
        while (await TryReceiveAsync() is not null)
        {
        }

        socket.Dispose();
    }

    /// <summary>Drops the line without a word.</summary>
    public void Vanish() => socket.Abort();

    private async Task SendMessageAsync(byte[] message, WebSocketMessageType type)
    {
        try
        {
            await socket.SendAsync(message, type, endOfMessage: true, CancellationToken.None).Soon();
        }
        catch (WebSocketException)
        {
            // The other end has heard enough and is gone; what the test expects next says whether that is right.
        }
    }
}
