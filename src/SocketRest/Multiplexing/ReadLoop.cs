using System.Buffers;
using System.Net.WebSockets;
using SocketRest.Protocol;
using SocketRest.Transport;

namespace SocketRest.Multiplexing;

/// <summary>
/// The only reader of a socket. It runs no application code: what it wakes up goes to the thread pool, and begins there while this thread starts the next
/// receive. No thread waits for a receive: the result of one is taken when it is there.
/// </summary>
internal sealed class ReadLoop
{
    /// <summary>What a connection keeps for the next bytes while they come now and then.</summary>
    private const int SmallBuffer = 4 * 1024;

    /// <summary>How many receives that follow each other are no traffic yet: heartbeats of both ends, and what answers them.</summary>
    private const int Few = 4;

    private const int BusyBuffer = 64 * 1024;

    /// <summary>What is taken from a peer that sends on after the connection has ended: more than the buffers of the network hold.</summary>
    private const int MaxDiscarded = 16 * 1024 * 1024;

    private readonly WebSocketTransport _transport;
    private readonly Action _continue;
    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private long _busyUntil = long.MinValue;
    private long _lastBytes;
    private int _inARow;
    private int _most = SmallBuffer;
    private ValueTask<ValueWebSocketReceiveResult> _pending;
    private TunnelConnection? _connection;
    private IncomingFrames? _frames;
    private Link? _link;
    private IThreadPoolWorkItem? _work;

    public ReadLoop(WebSocketTransport transport)
    {
        _transport = transport;
        _continue = Continue;
    }

    /// <summary>Reads one whole frame during the handshake, before the loop runs, or says why there is none. The payload is valid until the next read.</summary>
    public async ValueTask<(FrameHeader Header, ReadOnlyMemory<byte> Payload, Exception? Failure)> ReadFrameAsync()
    {
        while (true)
        {
            if (_end - _start >= FrameHeader.Size)
            {
                FrameHeader header = FrameHeader.Read(_buffer.AsSpan(_start));
                // Of what comes first the stream id tells a stranger before its length is waited for; elsewhere it means nothing.
                if (!Enum.IsDefined(header.Type) || (header.StreamId != 0 && header.Type is not (FrameType.Welcome or FrameType.Ready or FrameType.Refuse)))
                {
                    return (header, default, new ConnectionErrorException(SocketRestErrorCode.NotSocketRest, "The other end of the WebSocket does not speak SocketRest."));
                }

                int size = FrameHeader.Size + header.Length;
                if (_end - _start >= size)
                {
                    var payload = new ReadOnlyMemory<byte>(_buffer, _start + FrameHeader.Size, header.Length);
                    _start += size;
                    return (header, payload, null);
                }

                MakeRoom(size);
            }
            else
            {
                MakeRoom(FrameHeader.Size);
            }

            (int count, Exception? failure) = await _transport.TryReceiveAsync(_buffer.AsMemory(_end)).ConfigureAwait(false);
            if (failure is not null || count < 0)
            {
                return (default, default, failure ?? ClosedInHandshake());
            }

            _end += count;
        }
    }

    /// <summary>The handshake has failed: nothing reads from the socket any more.</summary>
    public void Abandon() => ReturnBuffer();

    /// <summary>Starts the loop for the connection that the handshake made, or with which it goes on over this link.</summary>
    public void Start(TunnelConnection connection, Link link)
    {
        _connection = connection;
        _frames = connection.Incoming;
        _link = link;
        _lastBytes = connection.LastLife;
        ThreadPool.UnsafeQueueUserWorkItem(static loop => loop.Run(processFirst: true), this, preferLocal: false);
    }

    /// <summary>Hands over something that runs application code, not before the frames have been looked at that follow at once: a small body is there then.</summary>
    public void Dispatch(IThreadPoolWorkItem work)
    {
        HandOver();
        _work = work;
    }

    private void Run(bool processFirst)
    {
        try
        {
            if (processFirst)
            {
                if (!Process())
                {
                    return;
                }

                ChooseBuffer(_lastBytes);
            }

            while (true)
            {
                ValueTask<ValueWebSocketReceiveResult> receive = _transport.ReceiveAsync(_buffer.AsMemory(_end, Math.Min(_most, _buffer.Length - _end)));
                if (!receive.IsCompleted)
                {
                    _pending = receive;
                    receive.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(_continue);
                    return;
                }

                if (!TakeReceived(receive))
                {
                    return;
                }
            }
        }
        catch (Exception exception)
        {
            End(exception);
        }
    }

    private void Continue()
    {
        try
        {
            if (!TakeReceived(_pending))
            {
                return;
            }
        }
        catch (Exception exception)
        {
            End(exception);
            return;
        }

        Run(processFirst: false);
    }

    private bool TakeReceived(ValueTask<ValueWebSocketReceiveResult> receive)
    {
        ValueWebSocketReceiveResult result = receive.TakeResult(out Exception? failure);
        if (failure is not null)
        {
            End(failure);
            return false;
        }

        int count = WebSocketTransport.Interpret(result);
        if (count < 0)
        {
            End(null, socketClosed: true);
            return false;
        }

        long now = _connection!.NoteLife();
        if (_buffer.Length == 0)
        {
            // What was waited for is there: the next receive takes it.
            _buffer = ArrayPool<byte>.Shared.Rent(SmallBuffer);
            return true;
        }

        long second = _connection.Time.TimestampFrequency;
        long pause = now - _lastBytes;
        _lastBytes = now;
        _inARow = pause >= second ? 1 : Math.Min(_inARow, Few) + 1;
        if (count >= SmallBuffer / 2)
        {
            // A receive ends when what it may take is full, not with each byte: on a slow link a large one would be a long silence.
            bool fast = pause < second / 4;
            _most = fast ? int.MaxValue : SmallBuffer;
            _busyUntil = fast ? now + second : _busyUntil;
        }

        _end += count;
        if (!Process())
        {
            return false;
        }

        ChooseBuffer(now);
        return true;
    }

    private bool Process()
    {
        if (_connection!.IsEnded)
        {
            End(null);
            return false;
        }

        int consumed = _frames!.Process(_buffer.AsSpan(_start, _end - _start), this, out int needed);
        HandOver();
        _start += consumed;
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else
        {
            MakeRoom(Math.Max(needed, FrameHeader.Size));
        }

        return true;
    }

    /// <summary>
    /// A large buffer until the peer has sent little for a second, a small one after that, and none behind the first few receives after a second without
    /// any: what follows is waited for without memory, which costs a receive more.
    /// </summary>
    private void ChooseBuffer(long now)
    {
        if (_end != 0)
        {
            return;
        }

        bool busy = now < _busyUntil;
        if (!busy && _inARow <= Few && _transport.WaitsWithoutMemory)
        {
            ReturnBuffer();
            _frames!.TrimExcess();
            return;
        }

        if (_buffer.Length == 0 || busy != _buffer.Length > SmallBuffer)
        {
            ReturnBuffer();
            _buffer = ArrayPool<byte>.Shared.Rent(busy ? BusyBuffer : SmallBuffer);
        }
    }

    /// <summary>Sees to it that a unit of <paramref name="size"/> bytes that begins at the start of the unread bytes can be completed.</summary>
    private void MakeRoom(int size)
    {
        int unread = _end - _start;
        if (_start + size <= _buffer.Length && _end < _buffer.Length)
        {
            return;
        }

        byte[] target = size <= _buffer.Length && unread < _buffer.Length ? _buffer : ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(size, unread + 1), SmallBuffer));
        Buffer.BlockCopy(_buffer, _start, target, 0, unread);
        if (target != _buffer)
        {
            ReturnBuffer();
            _buffer = target;
        }

        _start = 0;
        _end = unread;
    }

    private void ReturnBuffer()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }

    private ConnectionErrorException ClosedInHandshake() => new(
        SocketRestErrorCode.HandshakeRefused,
        $"The other end closed the WebSocket during the handshake ({_transport.CloseStatus}: {FramePayload.ReadSentence(System.Text.Encoding.UTF8.GetBytes(_transport.CloseDescription ?? ""))}).");

    private void HandOver()
    {
        if (_work is { } work)
        {
            _work = null;
            ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
        }
    }

    private void End(Exception? exception, bool socketClosed = false)
    {
        HandOver();
        ReturnBuffer();
        _connection!.OnReadEnded(_link!, exception);
        _link!.NoteFramesEnded();
        if (socketClosed)
        {
            _link.NoteReadingStopped();
        }
        else
        {
            _ = DiscardAsync();
        }
    }

    /// <summary>Takes what the peer sends without looking at it, until it has read why the connection ends and closes the socket.</summary>
    private async Task DiscardAsync()
    {
        byte[] discarded = ArrayPool<byte>.Shared.Rent(SmallBuffer);
        try
        {
            for (int left = MaxDiscarded; left > 0;)
            {
                Task<ValueWebSocketReceiveResult> receiving = _transport.ReceiveAsync(discarded).AsTask();
                if (await receiving.FailureAsync().ConfigureAwait(false) is not null)
                {
                    // The socket is gone, as is to be expected here.
                    return;
                }

                ValueWebSocketReceiveResult result = await receiving.ConfigureAwait(false);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                left -= result.Count + 1;
            }
        }
        catch (Exception exception) when (exception is WebSocketException or ObjectDisposedException or IOException or InvalidOperationException or OperationCanceledException)
        {
            // Some sockets say so at once.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(discarded);
            _link!.NoteReadingStopped();
        }
    }
}
