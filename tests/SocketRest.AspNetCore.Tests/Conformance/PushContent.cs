using System.Net;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>A request body that the test writes piece by piece while the request is under way.</summary>
internal sealed class PushContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long? _length;

    public PushContent(long? length = null) => _length = length;

    /// <summary>Completes when the handler asks for the body.</summary>
    public Task Asked => _stream.Task;

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        var stream = await _stream.Task.InTime();
        await stream.WriteAsync(bytes).InTime();
        await stream.FlushAsync().InTime();
    }

    public void Complete() => _end.TrySetResult();

    public void Fail(Exception exception) => _end.TrySetException(exception);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // The headers go out now and not with the first piece.
        await stream.FlushAsync(cancellationToken);
        _stream.TrySetResult(stream);
        await _end.Task.WaitAsync(cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length ?? 0;
        return _length is not null;
    }
}
