using System.Buffers;
using System.Text;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>
/// Splits a request target into the decoded path and the raw query that an application sees, as Kestrel does for HTTP/2:
/// an authorization rule or a route must not mean something else through the tunnel.
/// </summary>
internal static class PathDecoder
{
    private const int StackLimit = 256;

    private static readonly SearchValues<char> s_visible =
        SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(c => (char)c)]);

    /// <summary>
    /// Decodes an origin-form target (RFC 9112, section 3.2.1), or the asterisk form, whose path is empty and which only OPTIONS may use:
    /// that is for the caller to check. False means 400. Nothing is allocated where the path is the target itself.
    /// </summary>
    public static bool TryDecode(string rawTarget, out string path, out string query)
    {
        path = query = "";
        if (rawTarget.Length == 0 || rawTarget[0] != '/')
            return rawTarget == "*";

        // RFC 3986, section 2: a URI is made of visible ASCII. Here the decoder is stricter than Kestrel's HTTP/2, which lets spaces,
        // control characters and some letters beyond ASCII pass, and as strict as its HTTP/1.1 is with the latter: no client sends them.
        if (!IsVisible(rawTarget))
            return false;

        var queryStart = rawTarget.IndexOf('?');
        var rawPath = queryStart < 0 ? rawTarget.AsSpan() : rawTarget.AsSpan(0, queryStart);
        if (!rawPath.Contains('%') && !rawPath.Contains("/.", StringComparison.Ordinal))
            path = queryStart < 0 ? rawTarget : rawPath.ToString();
        else if (!TryDecodePath(rawPath, out path))
            return false;

        if (queryStart >= 0)
            query = rawTarget[queryStart..];
        return true;
    }

    /// <summary>Whether this is visible ASCII and nothing else.</summary>
    public static bool IsVisible(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(s_visible);

    private static bool TryDecodePath(ReadOnlySpan<char> rawPath, out string path)
    {
        byte[]? rented = null;
        var buffer = rawPath.Length <= StackLimit
            ? stackalloc byte[StackLimit]
            : rented = ArrayPool<byte>.Shared.Rent(rawPath.Length);
        try
        {
            var length = Encoding.ASCII.GetBytes(rawPath, buffer);
            length = Unescape(buffer[..length]);
            if (length < 0)
            {
                path = "";
                return false;
            }

            // After unescaping, or "%2E%2E" would climb out later, where somebody reads the path as a file name.
            length = RemoveDotSegments(buffer[..length]);
            path = Encoding.UTF8.GetString(buffer[..length]);
            return true;
        }
        finally
        {
            if (rented is not null)
                ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Replaces the escapes in place and gives the new length, or -1 where one of them is %00.</summary>
    private static int Unescape(Span<byte> path)
    {
        Span<byte> escaped = stackalloc byte[4];
        var write = 0;
        var read = 0;
        while (read < path.Length)
        {
            if (path[read] != '%')
            {
                path[write++] = path[read++];
                continue;
            }

            // One UTF-8 sequence has at most four bytes, and every one of them must be escaped.
            var count = 0;
            while (count < escaped.Length && TryReadEscape(path[(read + 3 * count)..], out escaped[count]))
                count++;

            // What is no escape, or no UTF-8 (overlong, surrogate, cut short), stays as it was written; so does an escaped slash,
            // which would otherwise become a separator that the sender did not mean.
            if (Rune.DecodeFromUtf8(escaped[..count], out var rune, out var consumed) != OperationStatus.Done || rune.Value == '/')
            {
                path[write++] = path[read++];
                continue;
            }

            if (rune.Value == 0)
                return -1;
            escaped[..consumed].CopyTo(path[write..]);
            write += consumed;
            read += 3 * consumed;
        }

        return write;
    }

    private static bool TryReadEscape(ReadOnlySpan<byte> text, out byte value)
    {
        value = 0;
        if (text.Length < 3 || text[0] != '%' || !char.IsAsciiHexDigit((char)text[1]) || !char.IsAsciiHexDigit((char)text[2]))
            return false;
        value = (byte)(HexValue(text[1]) << 4 | HexValue(text[2]));
        return true;
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    /// <summary>
    /// Removes "." and ".." segments in place (RFC 3986, section 5.2.4) and gives the new length. The path starts with a slash.
    /// </summary>
    private static int RemoveDotSegments(Span<byte> path)
    {
        var write = 0;
        var read = 0;
        while (read < path.Length)
        {
            var next = path[(read + 1)..].IndexOf((byte)'/');
            var end = next < 0 ? path.Length : read + 1 + next;
            var segment = path[(read + 1)..end];
            var parent = segment.SequenceEqual(".."u8);
            if (parent || segment.SequenceEqual("."u8))
            {
                if (parent)
                    write = Math.Max(0, path[..write].LastIndexOf((byte)'/'));
                if (next < 0)
                    path[write++] = (byte)'/';
            }
            else
            {
                path[read..end].CopyTo(path[write..]);
                write += end - read;
            }

            read = end;
        }

        return write;
    }
}
