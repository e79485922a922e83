using System.Net;

namespace SocketRest.Http;

/// <summary>
/// The content of a response without its outermost coding. Its length is not known before it has been read, so Content-Length goes with
/// the coding.
/// </summary>
internal sealed class DecompressedContent : ReadOnceContent
{
    private readonly HttpContent _original;
    private readonly DecompressionMethods _method;

    public DecompressedContent(HttpContent original, DecompressionMethods method)
    {
        _original = original;
        _method = method;
        foreach (var header in original.Headers.NonValidated)
        {
            if (!Is(header.Key, "Content-Encoding") && !Is(header.Key, "Content-Length"))
                Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        foreach (var coding in original.Headers.ContentEncoding.SkipLast(1))
            Headers.ContentEncoding.Add(coding);
    }

    protected override Stream CreateContentReadStream(CancellationToken cancellationToken)
    {
        Consume();
        return new DecompressedStream(_original.ReadAsStream(cancellationToken), _method);
    }

    protected override Task<Stream> CreateContentReadStreamAsync() => CreateContentReadStreamAsync(CancellationToken.None);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken)
    {
        Consume();
        return new DecompressedStream(await _original.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), _method);
    }

    protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        using var decompressed = CreateContentReadStream(cancellationToken);
        decompressed.CopyTo(stream);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var decompressed = await CreateContentReadStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (decompressed.ConfigureAwait(false))
            await decompressed.CopyToAsync(stream, cancellationToken).ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _original.Dispose();
        base.Dispose(disposing);
    }

    private static bool Is(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
