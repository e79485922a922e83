using System.Net;
using SocketRest.Benchmarks.App;

namespace SocketRest.Benchmarks.Peers;

/// <summary>A request body of the pattern, of known length.</summary>
internal sealed class PatternContent(long bytes, Action<int> written) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        for (long offset = 0; offset < bytes;)
        {
            var chunk = Pattern.Chunk(offset, bytes - offset);
            await stream.WriteAsync(chunk, cancellationToken);
            offset += chunk.Length;
            written(chunk.Length);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = bytes;
        return true;
    }
}
