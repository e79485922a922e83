using System.IO.Pipelines;

namespace SocketRest.Cli.Management.Recording;

/// <summary>A response's writer, with what is written counted.</summary>
internal sealed class MeteredWriter(PipeWriter inner, BodyMeter meter) : PipeWriter
{
    private Memory<byte> _lent;

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        meter.Begin();
        Memory<byte> memory = inner.GetMemory(sizeHint);
        if (meter.Capture is not null)
        {
            _lent = memory;
        }

        return memory;
    }

    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        meter.Begin();
        return meter.Capture is null ? inner.GetSpan(sizeHint) : GetMemory(sizeHint).Span;
    }

    public override void Advance(int bytes)
    {
        if (meter.Capture is null)
        {
            meter.Add(bytes);
        }
        else
        {
            meter.Add(_lent.Span[..bytes]);
            _lent = _lent[bytes..];
        }

        inner.Advance(bytes);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        meter.Add(source.Span);
        return inner.WriteAsync(source, cancellationToken);
    }

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
}
