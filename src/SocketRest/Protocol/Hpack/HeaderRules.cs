using System.Buffers;

namespace SocketRest.Protocol.Hpack;

/// <summary>What RFC 9110 allows in field names and values, for strings and for the wire's octets.</summary>
internal static class HeaderRules
{
    private const string LowerCaseTokenChars = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz";
    private const string UpperCaseLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    // RFC 9110 section 5.5 lets no control character but the tab into a value.
    private const string ForbiddenInValues =
        "\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u000A\u000B\u000C\u000D\u000E\u000F\u0010\u0011\u0012\u0013\u0014"
        + "\u0015\u0016\u0017\u0018\u0019\u001A\u001B\u001C\u001D\u001E\u001F\u007F";

    private static readonly SearchValues<char> s_tokenChars = SearchValues.Create(LowerCaseTokenChars + UpperCaseLetters);
    private static readonly SearchValues<char> s_forbiddenChars = SearchValues.Create(ForbiddenInValues);
    private static readonly SearchValues<byte> s_lowerCaseTokenOctets = SearchValues.Create(ToOctets(LowerCaseTokenChars));
    private static readonly SearchValues<byte> s_forbiddenOctets = SearchValues.Create(ToOctets(ForbiddenInValues));

    /// <summary>Whether this is a token (RFC 9110 sections 5.1 and 5.6.2), in either case. Pseudo-headers are not.</summary>
    public static bool IsValidName(ReadOnlySpan<char> name) => !name.IsEmpty && !name.ContainsAnyExcept(s_tokenChars);

    /// <summary>
    /// Whether a value can be sent (RFC 9110 section 5.5). White space at its ends passes: it carries no meaning there, and
    /// whoever reads the value may trim it.
    /// </summary>
    public static bool IsValidValue(ReadOnlySpan<char> value) => !value.ContainsAny(s_forbiddenChars);

    /// <summary>
    /// Whether a field speaks of one HTTP/1.1 connection and means nothing in a tunnel (RFC 9113 section 8.2.2). TE is among them: all that it may say
    /// is <see cref="IsTrailers"/>.
    /// </summary>
    public static bool IsOfOneConnection(string name) => name.Length switch
    {
        2 => IsTe(name),
        7 => name.Equals("Upgrade", StringComparison.OrdinalIgnoreCase),
        10 => name.Equals("Connection", StringComparison.OrdinalIgnoreCase) || name.Equals("Keep-Alive", StringComparison.OrdinalIgnoreCase),
        16 => name.Equals("Proxy-Connection", StringComparison.OrdinalIgnoreCase),
        17 => name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    public static bool IsTe(string name) => name.Equals("TE", StringComparison.OrdinalIgnoreCase);

    public static bool IsTrailers(string value) => value.Equals("trailers", StringComparison.OrdinalIgnoreCase);

    /// <summary>Checks a regular name as it is on the wire, where upper case is an error (RFC 9113 section 8.2.1).</summary>
    public static HeaderFault CheckWireName(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
        {
            return HeaderFault.EmptyName;
        }

        int invalid = name.IndexOfAnyExcept(s_lowerCaseTokenOctets);
        if (invalid < 0)
        {
            return HeaderFault.None;
        }

        if (name[0] == (byte)':')
        {
            return HeaderFault.UnknownPseudoHeader;
        }

        return char.IsAsciiLetterUpper((char)name[invalid]) ? HeaderFault.UpperCaseName : HeaderFault.InvalidName;
    }

    /// <summary>Checks a value as it is on the wire.</summary>
    public static HeaderFault CheckWireValue(ReadOnlySpan<byte> value) =>
        value.ContainsAny(s_forbiddenOctets) ? HeaderFault.InvalidValue : HeaderFault.None;

    /// <summary>The sentence for <see cref="HeaderList.Malformed"/>, or null where there is no fault.</summary>
    public static string? Describe(HeaderFault fault) => fault switch
    {
        HeaderFault.None => null,
        HeaderFault.EmptyName => "A field name is empty.",
        HeaderFault.UpperCaseName => "A field name has an upper-case letter.",
        HeaderFault.InvalidName => "A field name has a character that is not allowed in a token.",
        HeaderFault.UnknownPseudoHeader => "A pseudo-header is not one of those defined.",
        HeaderFault.OfOneConnection => "A field speaks of one HTTP/1.1 connection (Connection, Transfer-Encoding, Upgrade and the like, or TE other than trailers).",
        _ => "A field value has a control character.",
    };

    private static byte[] ToOctets(string chars)
    {
        byte[] octets = new byte[chars.Length];
        for (int i = 0; i < octets.Length; i++)
        {
            octets[i] = (byte)chars[i];
        }

        return octets;
    }
}
