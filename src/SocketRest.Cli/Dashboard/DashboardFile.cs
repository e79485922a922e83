using System.IO.Compression;
using System.Security.Cryptography;

namespace SocketRest.Cli.Dashboard;

/// <summary>A file of the dashboard, from the assembly that it is embedded in, as it is and compressed.</summary>
internal sealed class DashboardFile
{
    private DashboardFile(byte[] plain, byte[] compressed, string contentType)
    {
        Plain = plain;
        Compressed = compressed;
        ContentType = contentType;
        Tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(plain).AsSpan(0, 12))}\"";
    }

    public byte[] Plain { get; }

    public byte[] Compressed { get; }

    public string ContentType { get; }

    /// <summary>Its entity tag.</summary>
    public string Tag { get; }

    /// <summary>Reads a resource, which may be compressed already.</summary>
    /// <exception cref="InvalidOperationException">There is none of that name.</exception>
    public static DashboardFile Read(System.Reflection.Assembly assembly, string resource, string name)
    {
        using Stream stream = assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"{assembly.GetName().Name} has no resource '{resource}'.");
        var read = new MemoryStream();
        stream.CopyTo(read);
        byte[] bytes = read.ToArray();
        return bytes is [0x1f, 0x8b, ..]
            ? new DashboardFile(Decompress(bytes), bytes, TypeOf(name))
            : new DashboardFile(bytes, Compress(bytes), TypeOf(name));
    }

    private static byte[] Compress(byte[] plain)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal))
        {
            gzip.Write(plain);
        }

        return compressed.ToArray();
    }

    private static byte[] Decompress(byte[] compressed)
    {
        using var gzip = new GZipStream(new MemoryStream(compressed), CompressionMode.Decompress);
        var plain = new MemoryStream();
        gzip.CopyTo(plain);
        return plain.ToArray();
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => "application/octet-stream",
    };
}
