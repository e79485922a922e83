using System.Buffers.Binary;
using SocketRest.Protocol;

namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>Sends a case's bytes to the connection under test, each part when its turn has come, and notes the codes that come back.</summary>
internal sealed class ScriptedPeer : IMemoryPeer
{
    private readonly Lock _lock = new();
    private readonly FuzzCase _script;
    private readonly FuzzTally _tally;
    private int _next;
    private int _opened;
    private int _sent;
    private bool _forced;
    private bool _left;

    public ScriptedPeer(FuzzCase script, FuzzTally tally)
    {
        _script = script;
        _tally = tally;
        Socket = new MemorySocket(this);
    }

    public MemorySocket Socket { get; }

    /// <summary>How many messages the connection under test has sent: while it rises there is something going on.</summary>
    public int Sent => Volatile.Read(ref _sent);

    /// <summary>Whether everything was sent and the peer has left.</summary>
    public bool HasLeft => Volatile.Read(ref _left);

    public void Start() => Advance();

    /// <summary>Nothing more is to be expected: what waited for it goes out.</summary>
    public void GoOn()
    {
        lock (_lock)
        {
            _forced = true;
            Advance();
        }
    }

    public void OnSent(ReadOnlySpan<byte> message)
    {
        Interlocked.Increment(ref _sent);
        var opened = 0;
        while (Frames.TryRead(ref message, out var header, out var payload))
        {
            switch (header.Type)
            {
                case FrameType.Headers when (header.StreamId % 2 == 1) == _script.Dials:
                    opened = Math.Max(opened, (int)((header.StreamId + 1) / 2));
                    break;
                case FrameType.Reset:
                    _tally.NoteReset((SocketRestErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload));
                    break;
            }
        }

        if (opened > 0)
        {
            lock (_lock)
            {
                _opened = Math.Max(_opened, opened);
                Advance();
            }
        }
    }

    public void OnEnded() => GoOn();

    private void Advance()
    {
        lock (_lock)
        {
            var chunks = _script.Chunks;
            for (; _next < chunks.Count && (_forced || chunks[_next].Gate <= _opened); _next++)
            {
                Socket.Deliver(chunks[_next].Bytes);
            }

            if (_next < chunks.Count || _left || (_script.Ending == Ending.ClosesLate && !_forced))
            {
                return;
            }

            _left = true;
            if (_script.Ending == Ending.IsLost)
            {
                Socket.Lose();
            }
            else
            {
                Socket.DeliverClose();
            }
        }
    }
}
