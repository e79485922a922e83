using System.IO.Pipelines;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>One response's body as the application writes it. Made anew for each request, so that one that is kept writes into nobody else's.</summary>
internal sealed class ResponseBodyWriter(ServerExchange exchange) : PipeWriter
{
    private ServerExchange? _exchange = exchange;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _exchange?.UnflushedBytes ?? 0;

    public void Detach() => _exchange = null;

    public override Memory<byte> GetMemory(int sizeHint = 0) => Exchange.GetResponseMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => Exchange.GetResponseMemory(sizeHint).Span;

    public override void Advance(int bytes) => Exchange.AdvanceResponse(bytes);

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<FlushResult>(cancellationToken) : base.WriteAsync(source, cancellationToken);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => Exchange.FlushResponseAsync(cancellationToken);

    public override void CancelPendingFlush() => _exchange?.Stream.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => SocketRest.Http.SynchronousWait.For(CompleteAsync(exception));

    public override ValueTask CompleteAsync(Exception? exception = null) => _exchange?.CompleteBodyAsync(exception) ?? default;

    private ServerExchange Exchange => _exchange ?? throw new ObjectDisposedException(nameof(ResponseBodyWriter), "The request is over; its response cannot be written any more.");
}
