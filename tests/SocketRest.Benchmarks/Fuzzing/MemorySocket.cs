using System.Net.WebSockets;

namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>
/// One end of a WebSocket without a network: a queue of what arrives, and a peer that sees what is sent. It costs a few objects, so that a
/// connection can be made for each case.
/// </summary>
internal sealed class MemorySocket(IMemoryPeer peer) : WebSocket
{
    private readonly Lock _lock = new();
    private readonly Queue<ReadOnlyMemory<byte>> _arrived = new();
    private TaskCompletionSource<ValueWebSocketReceiveResult>? _waiting;
    private Memory<byte> _target;
    private ReadOnlyMemory<byte> _current;
    private bool _peerClosed;
    private bool _lost;
    private bool _closeSent;
    private bool _aborted;

    public override WebSocketCloseStatus? CloseStatus => _peerClosed ? WebSocketCloseStatus.NormalClosure : null;

    public override string? CloseStatusDescription => null;

    public override string? SubProtocol => null;

    public override WebSocketState State =>
        _aborted ? WebSocketState.Aborted
        : _closeSent && _peerClosed ? WebSocketState.Closed
        : _closeSent ? WebSocketState.CloseSent
        : _peerClosed && _arrived.Count == 0 ? WebSocketState.CloseReceived
        : WebSocketState.Open;

    /// <summary>The peer's bytes arrive as one message.</summary>
    public void Deliver(ReadOnlyMemory<byte> message)
    {
        lock (_lock)
        {
            if (message.IsEmpty || _aborted)
            {
                return;
            }

            _arrived.Enqueue(message);
            CompleteLocked();
        }
    }

    /// <summary>The peer closes its side, after what has arrived.</summary>
    public void DeliverClose()
    {
        lock (_lock)
        {
            _peerClosed = true;
            CompleteLocked();
        }
    }

    /// <summary>The network is gone, after what has arrived.</summary>
    public void Lose()
    {
        lock (_lock)
        {
            _lost = true;
            CompleteLocked();
        }
    }

    public override ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_aborted || _waiting is not null)
            {
                return ValueTask.FromException<ValueWebSocketReceiveResult>(new WebSocketException(WebSocketError.InvalidState));
            }

            if (TryTakeLocked(buffer, out var result))
            {
                return new(result);
            }

            if (_lost)
            {
                return ValueTask.FromException<ValueWebSocketReceiveResult>(Lost());
            }

            _target = buffer;
            _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return new(_waiting.Task);
        }
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken)
    {
        if (_aborted || _closeSent || _lost)
        {
            return ValueTask.FromException(new WebSocketException(WebSocketError.InvalidState));
        }

        peer.OnSent(buffer.Span);
        return default;
    }

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken)
    {
        _closeSent = true;
        peer.OnEnded();
        return Task.CompletedTask;
    }

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
        CloseOutputAsync(closeStatus, statusDescription, cancellationToken);

    public override void Abort()
    {
        lock (_lock)
        {
            if (_aborted)
            {
                return;
            }

            _aborted = true;
            CompleteLocked();
        }

        peer.OnEnded();
    }

    public override void Dispose() => Abort();

    public override Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    private static WebSocketException Lost() => new(WebSocketError.ConnectionClosedPrematurely);

    private void CompleteLocked()
    {
        if (_waiting is not { } waiting)
        {
            return;
        }

        if (!_aborted && TryTakeLocked(_target, out var result))
        {
            _waiting = null;
            waiting.SetResult(result);
        }
        else if (_aborted || _lost)
        {
            _waiting = null;
            waiting.SetException(Lost());
        }
    }

    private bool TryTakeLocked(Memory<byte> buffer, out ValueWebSocketReceiveResult result)
    {
        if (_current.IsEmpty && _arrived.TryDequeue(out var next))
        {
            _current = next;
        }

        if (!_current.IsEmpty)
        {
            var count = Math.Min(_current.Length, buffer.Length);
            _current.Span[..count].CopyTo(buffer.Span);
            _current = _current[count..];
            result = new(count, WebSocketMessageType.Binary, _current.IsEmpty);
            return true;
        }

        result = new(0, WebSocketMessageType.Close, endOfMessage: true);
        return _peerClosed;
    }
}
