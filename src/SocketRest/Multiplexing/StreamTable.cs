using System.Diagnostics.CodeAnalysis;

namespace SocketRest.Multiplexing;

/// <summary>The live streams of a connection by ID. IDs are assigned when a stream's HEADERS are committed, so they rise on the wire.</summary>
/// <param name="isDialler">Whether this side dialled, so that its IDs are odd.</param>
/// <param name="advance">How far on both sides' IDs begin: an even number, for tests of what happens when they wrap.</param>
internal sealed class StreamTable(bool isDialler, uint advance = 0)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<uint, TunnelStream> _streams = [];
    private uint _nextLocal = unchecked((isDialler ? 1u : 2u) + advance);
    private uint _lastRemote = unchecked((isDialler ? 0u : uint.MaxValue) + advance);
    private uint _lastDispatched;
    private bool _anyRemote;
    private long _opened;
    private long _taken;

    /// <summary>How many streams this side has opened, and how many of the peer's it has taken in, since the connection began.</summary>
    public (long Opened, long Taken) Counts
    {
        get
        {
            lock (_lock)
            {
                return (_opened, _taken);
            }
        }
    }

    /// <summary>The last ID of the peer that was dispatched, or is just being looked at; 0 if none.</summary>
    public uint LastDispatched
    {
        get
        {
            lock (_lock)
            {
                return _lastDispatched;
            }
        }
    }

    /// <summary>The last ID that the peer has used, 0 if none.</summary>
    public uint LastRemote
    {
        get
        {
            lock (_lock)
            {
                return _anyRemote ? _lastRemote : 0;
            }
        }
    }

    /// <summary>The next ID of this side and the last one of the peer: both change with each stream that is opened.</summary>
    public (uint NextLocal, uint LastRemote) Latest
    {
        get
        {
            lock (_lock)
            {
                return (_nextLocal, _lastRemote);
            }
        }
    }

    public bool IsLocal(uint id) => ((id & 1) == 1) == isDialler;

    /// <summary>Gives the stream the next ID that is not alive any more from before the numbers wrapped.</summary>
    public void AddLocal(TunnelStream stream)
    {
        lock (_lock)
        {
            while (_nextLocal == 0 || _streams.ContainsKey(_nextLocal))
            {
                _nextLocal += 2;
            }

            stream.Id = _nextLocal;
            _nextLocal += 2;
            _opened++;
            _streams.Add(stream.Id, stream);
        }
    }

    /// <summary>Whether the ID is one that its side has not used yet: it comes after the last one by serial arithmetic (RFC 1982).</summary>
    public bool IsNew(uint id)
    {
        lock (_lock)
        {
            return IsNewLocked(id);
        }
    }

    public void AddRemote(TunnelStream stream)
    {
        lock (_lock)
        {
            _taken++;
            _streams.Add(stream.Id, stream);
        }
    }

    /// <summary>
    /// Notes that the peer has used the ID, whether the stream is accepted or refused. Until <see cref="NoteNotDispatched"/> it counts as dispatched: a connection that ends
    /// meanwhile must not say too little.
    /// </summary>
    /// <returns>The one that was dispatched last before it.</returns>
    public uint NoteRemote(uint id)
    {
        lock (_lock)
        {
            uint before = _lastDispatched;
            _lastRemote = _lastDispatched = id;
            _anyRemote = true;
            return before;
        }
    }

    /// <summary>The stream that came last never reaches the application.</summary>
    public void NoteNotDispatched(uint before)
    {
        lock (_lock)
        {
            _lastDispatched = before;
        }
    }

    /// <summary>
    /// Finds a stream, and whether the peer has already ended its side of it: from then on another thread may end the stream and use
    /// the object for another exchange. Until then only the read loop can bring that about.
    /// </summary>
    public bool TryGet(uint id, [NotNullWhen(true)] out TunnelStream? stream, out bool remoteEnded)
    {
        lock (_lock)
        {
            remoteEnded = _streams.TryGetValue(id, out stream) && stream.RemoteEnded;
            return stream is not null;
        }
    }

    /// <summary>
    /// Finds a stream that may end on another thread at any moment and keeps it from being used again, so that what follows
    /// cannot meet another exchange in the same object.
    /// </summary>
    public bool TryPin(uint id, [NotNullWhen(true)] out TunnelStream? stream)
    {
        lock (_lock)
        {
            if (!_streams.TryGetValue(id, out stream))
            {
                return false;
            }

            stream.Pin();
            return true;
        }
    }

    /// <summary>
    /// Adds credit while the stream is certain to be alive. <paramref name="enqueue"/> is the stream to put into the sender's queue, if any;
    /// <paramref name="isNew"/> tells that there has been no such stream yet.
    /// </summary>
    /// <returns>False when the credit overflows.</returns>
    public bool TryAddCredit(uint id, uint increment, out TunnelStream? enqueue, out bool isNew)
    {
        lock (_lock)
        {
            enqueue = null;
            if (!_streams.TryGetValue(id, out TunnelStream? stream))
            {
                isNew = IsNewLocked(id);
                return true;
            }

            isNew = false;

            if (!stream.AddSendCredit(increment))
            {
                return false;
            }

            enqueue = stream.MarkQueued(StreamState.None) ? stream : null;
            return true;
        }
    }

    public bool Remove(TunnelStream stream)
    {
        lock (_lock)
        {
            return _streams.Remove(stream.Id);
        }
    }

    public void TrimExcess()
    {
        lock (_lock)
        {
            _streams.TrimExcess();
        }
    }

    private bool IsNewLocked(uint id) =>
        IsLocal(id) ? unchecked((int)(id - _nextLocal)) >= 0 : unchecked((int)(id - _lastRemote)) > 0;

    /// <summary>All live streams, none of which will be used again.</summary>
    public TunnelStream[] PinAll()
    {
        lock (_lock)
        {
            foreach (TunnelStream stream in _streams.Values)
            {
                stream.Pin();
            }

            return [.. _streams.Values];
        }
    }
}
