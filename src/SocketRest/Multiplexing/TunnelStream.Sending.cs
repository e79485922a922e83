using System.Buffers;
using System.IO.Pipelines;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Multiplexing;

/// <summary>What the sender does with a stream. Only the thread that holds the pump runs these.</summary>
internal sealed partial class TunnelStream
{
    /// <summary>The largest DATA payload: small calls get their turn between two of them.</summary>
    private const int MaxChunk = 16 * 1024;

    /// <summary>Less room than this in a message is left to its end: a tiny DATA frame costs as much as a large one.</summary>
    private const int MinRoom = 128;

    private readonly Lock _informationalLock = new();
    private Queue<HeaderList>? _informational;
    private HeaderList? _trailers;
    private int _headStage;
    private bool _headEndsStream;
    private bool _outputUsed;
    private byte[]? _smallOutput;
    private int _smallWritten;
    private int _smallFlushed;
    private int _smallSent;
    private int _sendCredit;
    private long _granted;
    private ulong _bodyEnd;
    private bool _isBlocked;
    private OutputPace? _pace;

    /// <summary>The next stream in the queue that this one stands in.</summary>
    public TunnelStream? NextInQueue { get; set; }

    public bool HeadCommitted => Volatile.Read(ref _headStage) == HeadStage.Committed;

    /// <summary>Bytes of this side's body that were sent.</summary>
    public long BodySent
    {
        get
        {
            // The credit first: a WINDOW that comes between the two makes the body seem larger, and never smaller, than it is.
            int credit = Volatile.Read(ref _sendCredit);
            return Connection.RemoteSettings.StreamWindow + Volatile.Read(ref _granted) - credit;
        }
    }

    /// <summary>Whether there is more to send and a socket to send it over, and only the peer's window has no room.</summary>
    public bool IsHeldBack => Volatile.Read(ref _isBlocked) && Volatile.Read(ref _sendCredit) <= 0 && !LocalEnded && !Connection.IsInterrupted;

    /// <summary>From now on the peer has to take the body at this rate, once it has held it back for the grace.</summary>
    public void RequirePace(double bytesPerSecond, TimeSpan grace)
    {
        var pace = new OutputPace(this, bytesPerSecond, grace);
        _pace = pace;
        Connection.Pace.Add(pace);
        if ((State & StreamState.Closing) != 0)
        {
            pace.Stop();
        }
    }

    /// <summary>Marks what there is to send. True when the stream has to be put into the sender's queue.</summary>
    public bool MarkQueued(StreamState added) =>
        (Set(StreamState.Queued | StreamState.Dirty | added) & StreamState.Queued) == 0;

    /// <summary>
    /// Writes what the stream has to send, as far as the message, the credit and one chunk allow.
    /// </summary>
    public SendProgress WriteTo(ref MessageWriter writer)
    {
        StreamState state = Unset(StreamState.Dirty);
        bool blocked = false;
        bool more = false;
        if ((state & StreamState.Faulted) == 0 || Volatile.Read(ref _headStage) == HeadStage.ResetQueued)
        {
            SendProgress progress = WriteFrames(ref writer, (state & StreamState.OutputEnded) != 0);
            if (progress == SendProgress.MessageFull)
            {
                Set(StreamState.Dirty);
                return SendProgress.MessageFull;
            }

            more = progress == SendProgress.More;
            blocked = progress == SendProgress.Blocked;
            if (blocked)
            {
                Volatile.Write(ref _isBlocked, true);
            }
        }

        if (more)
        {
            return SendProgress.More;
        }

        // Last of all, and only if nothing was added meanwhile: from here on another thread may recycle the stream.
        while (true)
        {
            int seen = Volatile.Read(ref _state);
            if (((StreamState)seen & StreamState.Dirty) != 0)
            {
                return SendProgress.More;
            }

            int cleared = seen & (int)~StreamState.Queued;
            if (Interlocked.CompareExchange(ref _state, cleared, seen) == seen)
            {
                RecycleIfDone((StreamState)seen, (StreamState)cleared);
                return blocked ? SendProgress.Blocked : SendProgress.Done;
            }
        }
    }

    /// <summary>Called by the read loop, under the table's lock, for WINDOW. False when the credit exceeds 2^31-1 bytes.</summary>
    public bool AddSendCredit(uint increment)
    {
        long sum = (long)Volatile.Read(ref _sendCredit) + increment;
        if (sum > int.MaxValue)
        {
            return false;
        }

        Volatile.Write(ref _granted, _granted + increment);
        Volatile.Write(ref _isBlocked, false);
        Interlocked.Add(ref _sendCredit, (int)increment);
        return true;
    }

    /// <summary>Called when the connection ends: true when the stream waited to be sent and never will be.</summary>
    public bool DropUnsent() =>
        Interlocked.CompareExchange(ref _headStage, HeadStage.Dropped, HeadStage.Queued) == HeadStage.Queued;

    private SendProgress WriteFrames(ref MessageWriter writer, bool outputEnded)
    {
        if (!WriteInformational(ref writer))
        {
            return SendProgress.MessageFull;
        }

        int stage = Volatile.Read(ref _headStage);
        if (stage == HeadStage.ResetQueued)
        {
            if (!writer.HasRoomForHeaders(Head))
            {
                return SendProgress.MessageFull;
            }

            Volatile.Write(ref _headStage, HeadStage.Committed);
            writer.WriteHeaders(Id, Head, endStream: false);
            Connection.Sender.QueueReset(this, _fault!.ErrorCode, _fault.Message);
            return SendProgress.Done;
        }

        if (stage == HeadStage.Queued)
        {
            if (!writer.HasRoomForHeaders(Head))
            {
                return SendProgress.MessageFull;
            }

            if (Interlocked.CompareExchange(ref _headStage, HeadStage.Committed, HeadStage.Queued) != HeadStage.Queued)
            {
                return SendProgress.Done;
            }

            if (IsLocal)
            {
                Connection.Register(this);
            }

            writer.WriteHeaders(Id, Head, _headEndsStream);
            if (_headEndsStream)
            {
                return EndLocal(ref writer);
            }
        }
        else if (stage != HeadStage.Committed)
        {
            return SendProgress.Done;
        }

        return WriteBody(ref writer, outputEnded);
    }

    private SendProgress WriteBody(ref MessageWriter writer, bool outputEnded)
    {
        if (LocalEnded)
        {
            return SendProgress.Done;
        }

        int room = writer.RoomForData;
        if (room < MinRoom)
        {
            return SendProgress.MessageFull;
        }

        // In this order: the sender of the body leaves the small buffer for good before it writes into the pipe.
        bool pipeUsed = Volatile.Read(ref _outputUsed);
        int small = Volatile.Read(ref _smallFlushed) - _smallSent;
        if (small > 0)
        {
            int credit = Volatile.Read(ref _sendCredit);
            int count = Math.Min(small, Math.Min(Math.Max(credit, 0), room));
            bool ends = count == small && outputEnded && !pipeUsed && _trailers is null;
            if (count > 0)
            {
                writer.WriteData(Id, _smallOutput.AsSpan(_smallSent, count), ends);
                _smallSent += count;
                Interlocked.Add(ref _sendCredit, -count);
            }

            if (ends)
            {
                return EndLocal(ref writer);
            }

            if (count < small)
            {
                return credit <= count ? SendProgress.Blocked : SendProgress.More;
            }

            if (pipeUsed)
            {
                return SendProgress.More;
            }
        }

        if (pipeUsed && _output.Reader.TryRead(out ReadResult read))
        {
            ReadOnlySequence<byte> buffer = read.Buffer;
            int credit = Volatile.Read(ref _sendCredit);
            int count = (int)Math.Min(Math.Min(buffer.Length, MaxChunk), Math.Min(Math.Max(credit, 0), room));
            bool all = count == buffer.Length;
            bool ends = all && outputEnded && _trailers is null;
            if (count > 0 || ends)
            {
                writer.WriteData(Id, buffer.Slice(0, count), ends);
                Interlocked.Add(ref _sendCredit, -count);
            }

            SequencePosition consumed = buffer.GetPosition(count);
            _output.Reader.AdvanceTo(consumed, all ? buffer.End : consumed);
            if (ends)
            {
                return EndLocal(ref writer);
            }

            if (!all)
            {
                // A stream that filled the message has had its turn: were it first in the next one, it would get two where others get one.
                return credit <= count ? SendProgress.Blocked : SendProgress.More;
            }
        }
        else if (outputEnded && _trailers is null)
        {
            writer.WriteData(Id, ReadOnlySequence<byte>.Empty, endStream: true);
            return EndLocal(ref writer);
        }

        if (!outputEnded || _trailers is null)
        {
            return SendProgress.Done;
        }

        if (!writer.HasRoomForHeaders(_trailers))
        {
            return SendProgress.MessageFull;
        }

        writer.WriteHeaders(Id, _trailers, endStream: true);
        return EndLocal(ref writer);
    }

    private bool WriteInformational(ref MessageWriter writer)
    {
        if (Volatile.Read(ref _informational) is null)
        {
            return true;
        }

        lock (_informationalLock)
        {
            if (HeadCommitted)
            {
                // Too late: another thread has sent the final one meanwhile.
                _informational!.Clear();
            }

            while (_informational!.TryPeek(out HeaderList? fields))
            {
                if (!writer.HasRoomForHeaders(fields))
                {
                    return false;
                }

                writer.WriteHeaders(Id, fields, endStream: false);
                _informational.Dequeue();
            }
        }

        return true;
    }

    private SendProgress EndLocal(ref MessageWriter writer)
    {
        if (IsLocal && !_headEndsStream)
        {
            _bodyEnd = Connection.Sender.PositionOf(writer);
        }

        StreamState before = Set(StreamState.LocalEnded);
        if ((before & (StreamState.StopRemote | StreamState.RemoteEnded)) == StreamState.StopRemote)
        {
            StopRemoteNow();
            writer.WriteReset(Id, IsLocal ? SocketRestErrorCode.Cancelled : SocketRestErrorCode.None);
        }
        else if ((before & StreamState.RemoteEnded) != 0)
        {
            Close();
        }

        return SendProgress.Done;
    }

    /// <summary>The exchange is over: what the content of one that was not given up has reached is still to arrive.</summary>
    private void NoteBodyEnd(StreamState state)
    {
        if (_bodyEnd > 0 && (state & StreamState.Faulted) == 0)
        {
            Connection.Sender.NoteBodyEnd(_bodyEnd);
        }
    }

    /// <summary>How far the head has come. An int, for the compare-and-swap that decides between sending and dropping it.</summary>
    private static class HeadStage
    {
        public const int None = 0;
        public const int Queued = 1;
        public const int Committed = 2;
        public const int Dropped = 3;

        /// <summary>The answering side failed before its head was committed: the head goes out, and RESET right behind it.</summary>
        public const int ResetQueued = 4;
    }
}
