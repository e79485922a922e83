namespace SocketRest.Multiplexing;

/// <summary>A first-in, first-out list of streams linked through themselves: a stream stands in one queue at most.</summary>
internal struct StreamQueue
{
    private TunnelStream? _first;
    private TunnelStream? _last;

    public readonly bool IsEmpty => _first is null;

    public void Enqueue(TunnelStream stream)
    {
        stream.NextInQueue = null;
        if (_last is null)
        {
            _first = stream;
        }
        else
        {
            _last.NextInQueue = stream;
        }

        _last = stream;
    }

    /// <summary>Puts a stream back in front, so that it is the next to be taken.</summary>
    public void PutBack(TunnelStream stream)
    {
        stream.NextInQueue = _first;
        _first = stream;
        _last ??= stream;
    }

    public bool TryDequeue([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TunnelStream? stream)
    {
        stream = _first;
        if (stream is null)
        {
            return false;
        }

        _first = stream.NextInQueue;
        if (_first is null)
        {
            _last = null;
        }

        stream.NextInQueue = null;
        return true;
    }

    /// <summary>Moves everything that <paramref name="other"/> holds to the end of this queue.</summary>
    public void TakeAll(ref StreamQueue other)
    {
        if (other._first is null)
        {
            return;
        }

        if (_last is null)
        {
            _first = other._first;
        }
        else
        {
            _last.NextInQueue = other._first;
        }

        _last = other._last;
        other = default;
    }
}
