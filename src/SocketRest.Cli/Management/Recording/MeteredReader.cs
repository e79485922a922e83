using System.Buffers;
using System.IO.Pipelines;

namespace SocketRest.Cli.Management.Recording;

/// <summary>A request's reader, with what is consumed counted.</summary>
internal sealed class MeteredReader(PipeReader inner, BodyMeter meter) : PipeReader
{
    private ReadOnlySequence<byte> _shown;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ReadResult result = await inner.ReadAsync(cancellationToken).ConfigureAwait(false);
        _shown = result.Buffer;
        return result;
    }

    public override bool TryRead(out ReadResult result)
    {
        bool read = inner.TryRead(out result);
        if (read)
        {
            _shown = result.Buffer;
        }

        return read;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        ReadOnlySequence<byte> shown = _shown;
        _shown = default;
        meter.Add(shown.Slice(shown.Start, consumed));
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
}
