using System.Net;

namespace SocketRest.Tests.Serving;

/// <summary>A body whose pieces the test hands out one by one.</summary>
internal sealed class PushContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        Stream stream = await _stream.Task.InTime();
        await stream.WriteAsync(bytes);
        await stream.FlushAsync();
    }

    public void Complete() => _end.TrySetResult();

    public void Fail(Exception exception) => _end.TrySetException(exception);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        // The head goes out now and not with the first piece.
        await stream.FlushAsync();
        _stream.TrySetResult(stream);
        await _end.Task;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
