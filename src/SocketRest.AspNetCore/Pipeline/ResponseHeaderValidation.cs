using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>What a response header may be called and hold. Everything that breaks it is the application's mistake.</summary>
internal static class ResponseHeaderValidation
{
    /// <summary>RFC 9110, section 5.6.2: the characters of a token.</summary>
    private static readonly SearchValues<char> s_token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly SearchValues<char> s_plain =
        SearchValues.Create(['\t', .. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c)]);

    public static void ThrowIfEmptyName(string name)
    {
        if (string.IsNullOrEmpty(name))
            throw new InvalidOperationException("A response header needs a name.");
    }

    public static void ThrowIfInvalidName(string name)
    {
        var index = name.AsSpan().IndexOfAnyExcept(s_token);
        if (index >= 0)
            throw new InvalidOperationException($"A response header's name may not hold the character U+{(int)name[index]:X4}.");
    }

    public static void ThrowIfInvalidValue(string name, StringValues values)
    {
        foreach (var value in values)
        {
            // RFC 9110, section 5.5: beyond ASCII everything goes and travels as UTF-8, of the control characters only the tab.
            if (value is null || !value.AsSpan().ContainsAnyExcept(s_plain))
                continue;
            for (var rest = value.AsSpan(); !rest.IsEmpty;)
            {
                if (Rune.DecodeFromUtf16(rest, out var rune, out var length) != OperationStatus.Done || IsControl(rune.Value))
                    ThrowInvalidValue(name, rest[0]);
                rest = rest[length..];
            }
        }
    }

    public static long ParseContentLength(StringValues value) =>
        long.TryParse(value.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            ? length
            : throw new InvalidOperationException("Content-Length is a count of bytes, written in decimal digits and given once.");

    private static bool IsControl(int character) => character is (< 0x20 and not '\t') or 0x7f;

    [DoesNotReturn]
    private static void ThrowInvalidValue(string name, char character) =>
        throw new InvalidOperationException($"The response header '{name}' may not hold the character U+{(int)character:X4}.");
}
