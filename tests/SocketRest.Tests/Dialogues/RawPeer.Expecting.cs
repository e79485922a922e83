using System.Net.WebSockets;
using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Tests.Dialogues;

internal sealed partial class RawPeer
{
    private readonly byte[] _received = new byte[256 * 1024];
    private int _start;
    private int _end;
    private ulong _pings = 1_000_000;

    /// <summary>Sizes of the messages received so far.</summary>
    public List<int> Messages { get; } = [];

    /// <summary>Bytes of counted frames received so far.</summary>
    public ulong Counted { get; private set; } = before?.Counted ?? 0;

    /// <summary>The next frame, or null when the other end has closed the socket, politely or not.</summary>
    public async Task<RawFrame?> TryReceiveAsync()
    {
        while (true)
        {
            if (_end - _start >= FrameHeader.Size)
            {
                FrameHeader header = FrameHeader.Read(_received.AsSpan(_start));
                if (_end - _start >= FrameHeader.Size + header.Length)
                {
                    byte[] payload = _received.AsSpan(_start + FrameHeader.Size, header.Length).ToArray();
                    _start += FrameHeader.Size + header.Length;
                    return Take(header, payload);
                }
            }

            MakeRoom();
            if (!await FillAsync())
            {
                return null;
            }
        }
    }

    public async Task<RawFrame> ReceiveAsync() =>
        await TryReceiveAsync() ?? throw new InvalidOperationException("The other end closed the socket where a frame was expected.");

    public async Task<RawFrame> ExpectAsync(FrameType type, uint streamId = 0)
    {
        RawFrame frame = await ReceiveAsync();
        Assert.True(frame.Type == type && frame.StreamId == streamId, $"Expected {type} of stream {streamId}, got {frame}.");
        return frame;
    }

    public Task<RawFrame> ExpectHeadersAsync(uint streamId) => ExpectAsync(FrameType.Headers, streamId);

    public Task<RawFrame> ExpectDataAsync(uint streamId) => ExpectAsync(FrameType.Data, streamId);

    public Task<RawFrame> ExpectWindowAsync(uint streamId) => ExpectAsync(FrameType.Window, streamId);

    public async Task<RawFrame> ExpectResetAsync(uint streamId, SocketRestErrorCode code)
    {
        RawFrame frame = await ExpectAsync(FrameType.Reset, streamId);
        Assert.Equal(code, frame.Code);
        return frame;
    }

    /// <summary>The connection ends here: GOAWAY with the code, then the socket is closed, by this peer as well.</summary>
    public async Task<RawFrame> ExpectEndAsync(SocketRestErrorCode code)
    {
        RawFrame frame = await ExpectGoAwayAsync(code);
        await ExpectCloseAsync();
        await SendCloseAsync();
        return frame;
    }

    public async Task<RawFrame> ExpectGoAwayAsync(SocketRestErrorCode code)
    {
        RawFrame frame = await ExpectAsync(FrameType.GoAway);
        Assert.True(code == frame.Code, $"Expected {code}, got {frame}.");
        return frame;
    }

    /// <summary>The other end has nothing left and opens nothing more.</summary>
    public async Task ExpectGoAwayAnswerAsync()
    {
        RawFrame frame = await ExpectGoAwayAsync(SocketRestErrorCode.None);
        Assert.True((frame.Header.Flags & FrameFlags.Answer) != 0, $"Expected an answer, got {frame}.");
    }

    public async Task ExpectCloseAsync()
    {
        RawFrame? frame = await TryReceiveAsync();
        Assert.True(frame is null, $"Expected the end of the socket, got {frame}.");
    }

    /// <summary>
    /// Nothing more is on its way. The first answer shows that the PING was taken in; the message that carries it has also taken whatever
    /// was ready to be sent, so that the second would come after that.
    /// </summary>
    public async Task ExpectSilenceAsync()
    {
        for (int i = 0; i < 2; i++)
        {
            await SendPingAsync(++_pings);
            RawFrame frame = await ExpectAsync(FrameType.Ping);
            Assert.Equal(_pings, frame.LongNumber);
        }
    }

    /// <summary>The connection ends, whatever else is said before that.</summary>
    public async Task ExpectEndAfterAllAsync(SocketRestErrorCode code)
    {
        RawFrame? last = null;
        while (await TryReceiveAsync() is { } frame)
        {
            last = frame;
        }

        Assert.True(last is { Type: FrameType.GoAway } && last.Code == code, $"Expected {code} at last, got {last}.");
        await SendCloseAsync();
    }

    /// <summary>DATA of one stream up to its END_STREAM, granting what was received.</summary>
    public async Task<byte[]> ReadBodyAsync(uint streamId, bool grant = false)
    {
        var body = new MemoryStream();
        while (true)
        {
            RawFrame frame = await ExpectDataAsync(streamId);
            body.Write(frame.Payload);
            if (frame.EndStream)
            {
                return body.ToArray();
            }

            if (grant && frame.Payload.Length > 0)
            {
                await SendWindowAsync(streamId, (uint)frame.Payload.Length);
            }
        }
    }

    private RawFrame Take(FrameHeader header, byte[] payload)
    {
        HeaderList? fields = null;
        if (header.Type == FrameType.Headers)
        {
            fields = new HeaderList();
            _decoder.Decode(payload, fields);
        }

        if (header.IsCounted)
        {
            Counted += (ulong)(FrameHeader.Size + payload.Length);
        }

        return new RawFrame(header, payload, fields);
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _received.AsSpan(_start, _end - _start).CopyTo(_received);
            _end -= _start;
            _start = 0;
        }
    }

    private async Task<bool> FillAsync()
    {
        int size = 0;
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult result = await socket.ReceiveAsync(_received.AsMemory(_end), CancellationToken.None).Soon();
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    return false;
                }

                _end += result.Count;
                size += result.Count;
                if (result.EndOfMessage)
                {
                    Messages.Add(size);
                    return true;
                }
            }
        }
        catch (WebSocketException)
        {
            return false;
        }
    }
}
