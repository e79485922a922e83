using System.Buffers;
using System.Text;

namespace SocketRest.Cli.Management.Recording;

/// <summary>The beginning of one body, if it is text.</summary>
internal sealed class BodyCapture(int max)
{
    private readonly ArrayBufferWriter<byte> _kept = new(Math.Min(max, 1024));
    private readonly int _max = max;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        int room = _max - _kept.WrittenCount;
        if (room > 0)
        {
            _kept.Write(bytes[..Math.Min(bytes.Length, room)]);
        }
    }

    /// <summary>What was kept, or null where it is no text that could be shown.</summary>
    public string? Text(string? contentType, string? contentEncoding)
    {
        if (_kept.WrittenCount == 0 || contentEncoding is { Length: > 0 } and not "identity" || !IsText(contentType))
        {
            return null;
        }

        return Encoding.UTF8.GetString(_kept.WrittenSpan);
    }

    private static bool IsText(string? contentType)
    {
        if (contentType is null)
        {
            return false;
        }

        ReadOnlySpan<char> type = contentType.AsSpan();
        int end = type.IndexOf(';');
        type = (end < 0 ? type : type[..end]).Trim();
        return type.StartsWith("text/", StringComparison.OrdinalIgnoreCase)
            || type.EndsWith("json", StringComparison.OrdinalIgnoreCase)
            || type.EndsWith("xml", StringComparison.OrdinalIgnoreCase)
            || type.EndsWith("javascript", StringComparison.OrdinalIgnoreCase)
            || type.EndsWith("yaml", StringComparison.OrdinalIgnoreCase)
            || type.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);
    }
}
