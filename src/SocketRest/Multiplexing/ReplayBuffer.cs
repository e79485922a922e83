using System.Buffers;
using System.Diagnostics;

namespace SocketRest.Multiplexing;

/// <summary>
/// The bytes of counted frames from the moment at which they are written until the peer has acknowledged them, in rented segments. What is being
/// sent lies at the end of the last one. Bytes that are not counted follow there, and the next message overwrites them.
/// </summary>
internal sealed class ReplayBuffer(int limit)
{
    /// <summary>The least room for a message: any control frame fits.</summary>
    private const int MinRoom = 2 * 1024;

    /// <summary>The least room where much waits: what is left of a segment would make too short a message.</summary>
    private const int MinBulkRoom = 16 * 1024;

    /// <summary>The first segment's size: most connections send little, and keep it until they are acknowledged.</summary>
    private const int SmallSegment = 4 * 1024;

    private Segment? _first;
    private Segment? _last;
    private Segment? _repeating;
    private ulong _repeatFrom;
    private bool _inFrame;
    private bool _bulk;

    /// <summary>All counted bytes so far.</summary>
    public ulong Written { get; private set; }

    /// <summary>How many of them the peer has, as it says.</summary>
    public ulong Acknowledged { get; private set; }

    /// <summary>How many bytes may still be added, beyond which a message may go by one block of fields.</summary>
    public long Allowance => limit - (long)(Written - Acknowledged);

    /// <summary>Whether the peer has to acknowledge something before more can be sent.</summary>
    public bool IsFull => Allowance < MinRoom;

    /// <summary>Whether there is something to send again.</summary>
    public bool IsBehind => _repeating is not null;

    /// <summary>
    /// Whether what is sent again has stopped where it may be inside a frame: nothing else may go before the rest. A segment holds whole frames, and so does what
    /// the peer counts.
    /// </summary>
    public bool IsInFrame => IsBehind && _inFrame;

    /// <summary>The size of all segments.</summary>
    public long Held
    {
        get
        {
            long held = 0;
            for (Segment? segment = _first; segment is not null; segment = segment.Next)
            {
                held += segment.Array.Length;
            }

            return held;
        }
    }

    /// <summary>Room for the next message: at least <paramref name="atLeast"/> bytes, and for a few small frames in any case.</summary>
    public Span<byte> GetRoom(int atLeast = 0)
    {
        int needed = Math.Max(atLeast, _bulk ? MinBulkRoom : MinRoom);
        if (_last is null || _last.Free < needed)
        {
            int size = _bulk || _first != _last || needed > SmallSegment ? FrameSender.BufferSize : SmallSegment;
            Append(new Segment(ArrayPool<byte>.Shared.Rent(size), Written));
        }

        return _last!.Array.AsSpan(_last.Length);
    }

    /// <summary>Keeps the first <paramref name="counted"/> bytes of the room and returns the message, which is <paramref name="length"/> bytes long.</summary>
    public ReadOnlyMemory<byte> Commit(int counted, int length)
    {
        ReadOnlyMemory<byte> message = _last!.Array.AsMemory(_last.Length, length);
        _last.Length += counted;
        Written += (ulong)counted;
        return message;
    }

    /// <summary>
    /// More waits than the room could hold: gives more of it, with the first <paramref name="length"/> bytes moved there. Once for each burst, after which all
    /// room is large.
    /// </summary>
    public bool TryEnlarge(int length, out Span<byte> room)
    {
        room = default;
        bool enough = _bulk || _last!.Free >= MinBulkRoom;
        _bulk = true;
        if (enough)
        {
            // It was something else that ended the message. A peer that lets little through at a time shall not get a segment for each time.
            return false;
        }

        ReadOnlySpan<byte> written = _last!.Array.AsSpan(_last.Length, length);
        byte[] array = ArrayPool<byte>.Shared.Rent(FrameSender.BufferSize);
        written.CopyTo(array);
        Append(new Segment(array, Written));
        room = array;
        return true;
    }

    /// <summary>Lets go of what the peer has. Nothing may be on its way to the socket.</summary>
    public void Acknowledge(ulong received)
    {
        Debug.Assert(received <= Written, "More than was written cannot be acknowledged.");
        Acknowledged = Math.Max(Acknowledged, received);
        RepeatFrom(Math.Max(_repeatFrom, Acknowledged));
        while (_first is { } first && first.End <= Acknowledged && first != _last)
        {
            _first = first.Next;
            first.Return();
        }

        if (_last is { } last && last.End <= Acknowledged)
        {
            last.Restart(Written);
        }
    }

    /// <summary>Nothing is being sent: a segment that holds nothing is given back.</summary>
    public void Rest()
    {
        _bulk = false;
        if (_last is { Length: 0 } last && _first == _last)
        {
            last.Return();
            _first = _last = null;
        }
    }

    /// <summary>Gives back everything. Nothing is written any more.</summary>
    public void Clear()
    {
        Acknowledge(Written);
        Rest();
    }

    /// <summary>What the peer has not received is to be sent again.</summary>
    public void Rewind(ulong received)
    {
        _repeating = _first;
        _repeatFrom = received;
        _inFrame = false;
        Acknowledge(received);
    }

    /// <summary>The next piece of what has to be sent again.</summary>
    public ReadOnlyMemory<byte> Repeat(int most)
    {
        Segment segment = _repeating!;
        int offset = (int)(_repeatFrom - segment.Start);
        int length = Math.Min(most, segment.Length - offset);
        _inFrame = offset + length < segment.Length;
        RepeatFrom(_repeatFrom + (ulong)length);
        return segment.Array.AsMemory(offset, length);
    }

    private void RepeatFrom(ulong position)
    {
        _repeatFrom = position;
        while (_repeating is { } segment && segment.End <= position)
        {
            _repeating = segment.Next;
        }
    }

    private void Append(Segment segment)
    {
        if (_last is null)
        {
            _first = segment;
        }
        else if (_last.Length == 0)
        {
            // Too short and empty: nothing has to be kept of it.
            Replace(_last, segment);
        }
        else
        {
            _last.Next = segment;
        }

        _last = segment;
    }

    private void Replace(Segment empty, Segment by)
    {
        if (_first == empty)
        {
            _first = by;
        }
        else
        {
            Segment before = _first!;
            while (before.Next != empty)
            {
                before = before.Next!;
            }

            before.Next = by;
        }

        empty.Return();
    }

    private sealed class Segment(byte[] array, ulong start)
    {
        public byte[] Array => array;

        /// <summary>The count before its first byte.</summary>
        public ulong Start { get; private set; } = start;

        public int Length { get; set; }

        public int Free => array.Length - Length;

        public ulong End => Start + (ulong)Length;

        public Segment? Next { get; set; }

        public void Restart(ulong at)
        {
            Start = at;
            Length = 0;
        }

        public void Return() => ArrayPool<byte>.Shared.Return(array);
    }
}
