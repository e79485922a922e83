using System.Buffers;
using System.IO.Pipelines;

namespace SocketRest.Multiplexing;

/// <summary>Small bodies, which never meet a pipe: a good part of what a small call costs.</summary>
internal sealed partial class TunnelStream
{
    /// <summary>Bodies up to this size never meet a pipe.</summary>
    private const int SmallBody = 2048;

    /// <summary>Less room than this is no use to a writer.</summary>
    private const int MinSmall = 64;

    private byte[]? _smallInput;
    private int _smallInputLength;
    private int _smallInputRead;

    /// <summary>
    /// All of the body has arrived in one piece. False when it is not small, or somebody waits at the pipe already: then it has to go the common way.
    /// </summary>
    public bool TryTakeWhole(ReadOnlySpan<byte> body)
    {
        if (body.Length is 0 or > SmallBody || _inputUsed || body.Length > Volatile.Read(ref _receiveCredit)
            || (_remoteRemaining >= 0 && _remoteRemaining != body.Length))
        {
            return false;
        }

        _smallInput = ArrayPool<byte>.Shared.Rent(body.Length);
        body.CopyTo(_smallInput);
        _smallInputLength = body.Length;
        _smallInputRead = 0;
        int seen = Volatile.Read(ref _state);
        while (true)
        {
            if (((StreamState)seen & (StreamState.PipeRead | StreamState.Faulted | StreamState.Released)) != 0)
            {
                ArrayPool<byte>.Shared.Return(_smallInput);
                _smallInput = null;
                return false;
            }

            int taken = seen | (int)(StreamState.SmallInput | StreamState.RemoteEnded);
            int found = Interlocked.CompareExchange(ref _state, taken, seen);
            if (found == seen)
            {
                break;
            }

            seen = found;
        }

        CloseAfterRemoteEnd((StreamState)seen);
        return true;
    }

    /// <summary>The end of a body that is empty, or all of one that is small; false when it has to come through the pipe.</summary>
    private bool TryReadBesidePipe(out ReadResult result)
    {
        StreamState state = State;
        if ((state & (StreamState.PipeRead | StreamState.RemoteEnded)) == 0)
        {
            // The read loop looks for this before it puts a body beside the pipe: one of both sees what the other did.
            state = Set(StreamState.PipeRead);
        }

        if ((state & StreamState.SmallInput) != 0)
        {
            var body = new ReadOnlySequence<byte>(_smallInput!, _smallInputRead, _smallInputLength - _smallInputRead);
            result = new ReadResult(body, isCanceled: false, isCompleted: true);
            return true;
        }

        // In this order: the read loop notes that there is input before it notes the end.
        if ((state & StreamState.RemoteEnded) != 0 && !_inputUsed)
        {
            result = new ReadResult(default, isCanceled: false, isCompleted: true);
            return true;
        }

        result = default;
        return false;
    }

    /// <summary>The body is larger than it began: what was not handed to the sender yet goes to the pipe, and so does the rest.</summary>
    private void LeaveSmallOutput()
    {
        int unflushed = _smallWritten - _smallFlushed;
        if (unflushed > 0)
        {
            _smallOutput.AsSpan(_smallFlushed, unflushed).CopyTo(_output.Writer.GetSpan(unflushed));
            _output.Writer.Advance(unflushed);
            _smallWritten = _smallFlushed;
        }

        Volatile.Write(ref _outputUsed, true);
    }
}
