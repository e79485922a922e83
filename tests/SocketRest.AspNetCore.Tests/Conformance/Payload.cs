namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>Bytes that differ from place to place, so that a swapped or repeated piece is seen.</summary>
public static class Payload
{
    /// <summary>Lengths on both sides of the boundaries that frames, windows and buffers have.</summary>
    public static TheoryData<int> Sizes =>
    [
        0, 1, 4095, 4096, 4097, 16_383, 16_384, 16_385, 32_767, 32_768, 32_769, 65_535, 65_536, 65_537, 1_048_577,
    ];

    public static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
#pragma warning disable CA5394 // Repeatable, not secret.
        new Random(seed).NextBytes(bytes);
#pragma warning restore CA5394
        return bytes;
    }

    /// <summary>The same bytes as a content that does not know its length.</summary>
    public static HttpContent Streamed(byte[] bytes, int pieceLength = 10_000) => new PieceContent(bytes, pieceLength);

    private sealed class PieceContent(byte[] bytes, int pieceLength) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            for (var offset = 0; offset < bytes.Length; offset += pieceLength)
            {
                await stream.WriteAsync(bytes.AsMemory(offset, Math.Min(pieceLength, bytes.Length - offset)));
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
