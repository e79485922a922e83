using System.Buffers.Binary;
using System.Runtime.InteropServices;
using SocketRest.Diagnostics;
using SocketRest.Protocol;

namespace SocketRest.Multiplexing;

/// <summary>PINGs on their way: matches answers by number, and answers the peer's. Both are bounded.</summary>
internal sealed class PingTracker(TunnelConnection connection, int maxUnanswered, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, (TaskCompletionSource<TimeSpan> Answered, long SentAt, byte[] Payload)> _waiting = [];
    private EventBroadcaster<SocketRestPing>? _seen;
    private SocketRestException? _closed;
    private ulong _number;
    private TimeSpan? _shortest;
    private TimeSpan? _last;

    /// <summary>The shortest round trip seen so far, or null.</summary>
    public TimeSpan? Shortest
    {
        get
        {
            lock (_lock)
            {
                return _shortest;
            }
        }
    }

    /// <summary>The round trip measured last, or null.</summary>
    public TimeSpan? Last
    {
        get
        {
            lock (_lock)
            {
                return _last;
            }
        }
    }

    /// <summary>What comes in, for who wants to see it.</summary>
    public IAsyncEnumerable<SocketRestPing> Seen
    {
        get
        {
            lock (_lock)
            {
                if (_seen is null)
                {
                    _seen = new(static (ping, missed) => ping with { Missed = missed });
                    if (_closed is not null)
                    {
                        _seen.Complete();
                    }
                }

                return _seen;
            }
        }
    }

    public async Task<TimeSpan> PingAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(data.Length, FramePayload.MaxPingData, nameof(data));
        var payload = new byte[FramePayload.PingNumber + data.Length];
        data.Span.CopyTo(payload.AsSpan(FramePayload.PingNumber));
        var answered = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
        ulong number;
        lock (_lock)
        {
            if (_closed is { } reason)
            {
                throw reason.For(RequestOutcome.NotSent);
            }

            if (_waiting.Count >= maxUnanswered)
            {
                throw new SocketRestException(SocketRestErrorCode.EnhanceYourCalm, $"{maxUnanswered} PINGs already wait for their answers (MaxUnansweredPings).");
            }

            number = ++_number;
            BinaryPrimitives.WriteUInt64BigEndian(payload, number);
            _waiting.Add(number, (answered, time.GetTimestamp(), payload));
        }

        connection.Sender.QueuePing(payload, answer: false);
        try
        {
            return await answered.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _waiting.Remove(number);
            }
        }
    }

    /// <summary>False for an answer that nobody waits for.</summary>
    public bool OnReceived(bool answer, ReadOnlySpan<byte> payload)
    {
        if (!answer)
        {
            byte[] returned = payload.ToArray();
            connection.Sender.QueuePing(returned, answer: true);
            Show(returned, roundTrip: null);
            return true;
        }

        TaskCompletionSource<TimeSpan>? answered = null;
        TimeSpan elapsed = default;
        byte[] sent = [];
        lock (_lock)
        {
            if (_waiting.Remove(BinaryPrimitives.ReadUInt64BigEndian(payload), out (TaskCompletionSource<TimeSpan> Answered, long SentAt, byte[] Payload) ping))
            {
                elapsed = time.GetElapsedTime(ping.SentAt);
                _shortest = _shortest < elapsed ? _shortest : elapsed;
                _last = elapsed;
                answered = ping.Answered;
                sent = ping.Payload;
            }
        }

        // An answer that nobody waits for any more is no error: its caller may have given up.
        if (answered is null)
        {
            return false;
        }

        answered.TrySetResult(elapsed);
        Show(sent, elapsed);
        return true;
    }

    /// <summary>The socket was replaced: its PINGs and their answers were lost with it. What is measured is the new way, without the time in which there was none.</summary>
    public void SendAgain()
    {
        byte[][] payloads;
        lock (_lock)
        {
            long now = time.GetTimestamp();
            foreach (ulong number in _waiting.Keys)
            {
                CollectionsMarshal.GetValueRefOrNullRef(_waiting, number).SentAt = now;
            }

            payloads = [.. _waiting.Values.Select(ping => ping.Payload)];
        }

        foreach (byte[] payload in payloads)
        {
            connection.Sender.QueuePing(payload, answer: false);
        }
    }

    public void Close(SocketRestException reason)
    {
        lock (_lock)
        {
            _closed ??= reason;
            _seen?.Complete();
            foreach ((TaskCompletionSource<TimeSpan> answered, _, _) in _waiting.Values)
            {
                answered.TrySetException(reason.For(RequestOutcome.NotSent));
            }
        }
    }

    private void Show(byte[] payload, TimeSpan? roundTrip) => Volatile.Read(ref _seen)?.Publish(new SocketRestPing
    {
        Data = payload.AsMemory(FramePayload.PingNumber),
        RoundTrip = roundTrip,
        At = time.GetUtcNow(),
    });
}
