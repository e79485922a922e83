using System.Net;
using SocketRest.Multiplexing;

namespace SocketRest.Http;

/// <summary>The content of a response that came through a tunnel.</summary>
internal sealed class TunnelContent : ReadOnceContent
{
    private Stream? _body;

    /// <summary>What may still be writing the content of the request that this answers.</summary>
    public RequestBodyStream? Upload { get; init; }

    /// <summary>Called once the response exists that the content belongs to.</summary>
    public void Attach(TunnelStream stream, HttpResponseMessage response) => _body = new ResponseBodyStream(stream, response);

    /// <summary>The same for an answer that opens both directions.</summary>
    public void AttachDuplex(TunnelStream stream, HttpResponseMessage response) =>
        _body = new DuplexStream(stream, new ResponseBodyStream(stream, response));

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        TakeBody().CopyToAsync(stream, cancellationToken);

    protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        SynchronousWait.For(new ValueTask(TakeBody().CopyToAsync(stream, cancellationToken)));

    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult(TakeBody());

    protected override Stream CreateContentReadStream(CancellationToken cancellationToken) => TakeBody();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _body?.Dispose();
        }

        base.Dispose(disposing);
    }

    private Stream TakeBody()
    {
        Consume();
        return _body!;
    }
}
