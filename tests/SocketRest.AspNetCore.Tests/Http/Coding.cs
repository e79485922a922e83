using System.IO.Compression;
using System.Text;

namespace SocketRest.AspNetCore.Tests.Http;

internal static class Coding
{
    public static byte[] Encode(string text, params string[] codings) =>
        codings.Aggregate(Encoding.UTF8.GetBytes(text), (bytes, coding) =>
        {
            var coded = new MemoryStream();
            using (var encoder = Open(coded, coding))
                encoder.Write(bytes);
            return coded.ToArray();
        });

    private static Stream Open(Stream target, string coding) => coding.ToLowerInvariant() switch
    {
        "gzip" => new GZipStream(target, CompressionLevel.Optimal),
        "deflate" => new ZLibStream(target, CompressionLevel.Optimal),
        "br" => new BrotliStream(target, CompressionLevel.Optimal),
        _ => target,
    };
}
