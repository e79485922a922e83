using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using SocketRest.Benchmarks.App;

namespace SocketRest.Benchmarks.Soaking;

/// <summary>A body that both ends can tell from where it starts in the pattern and how long it is, with its digest.</summary>
internal sealed record SoakBody(int Start, int Length)
{
    public const string DigestField = "x-sha256";

    /// <summary>The digest of the whole.</summary>
    public string Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var sent = 0; sent < Length;)
        {
            var chunk = Chunk(sent);
            hash.AppendData(chunk.Span);
            sent += chunk.Length;
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    public async Task WriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        for (var sent = 0; sent < Length;)
        {
            var chunk = Chunk(sent);
            await stream.WriteAsync(chunk, cancellationToken);
            sent += chunk.Length;
        }
    }

    public HttpContent ToContent(bool streamed) => new Content(this, streamed);

    /// <summary>Reads to the end.</summary>
    /// <returns>The digest of what came.</returns>
    public static async Task<string> DigestOfAsync(Stream stream, CancellationToken cancellationToken) =>
        Convert.ToHexString(await SHA256.HashDataAsync(stream, cancellationToken));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Length} bytes from {Start}");

    private ReadOnlyMemory<byte> Chunk(int sent) => Pattern.Chunk((long)Start + sent, Length - sent);

    private sealed class Content(SoakBody body, bool streamed) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
            body.WriteAsync(stream, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = body.Length;
            return !streamed;
        }
    }
}
