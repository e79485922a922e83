using System.Buffers;

namespace SocketRest.Protocol;

/// <summary>What may stand in <c>:authority</c> and <c>host</c>. As Kestrel has it: no escapes, no user in front, nothing that a page or a log would read as its own.</summary>
internal static class AuthorityRules
{
    /// <summary>Of <c>[::1]</c>: no address in brackets is shorter.</summary>
    private const int ShortestBracketed = 5;

    private static readonly SearchValues<char> s_name =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()");

    private static readonly SearchValues<char> s_address = SearchValues.Create("ABCDEFabcdef0123456789:.");

    /// <summary>Whether this is a name, an IPv4 address or a bracketed IPv6 address, with a port of digits or without one. Nothing at all is valid (RFC 9110 section 7.2).</summary>
    public static bool IsValid(ReadOnlySpan<char> authority)
    {
        int end;
        if (authority is ['[', ..])
        {
            end = authority.IndexOf(']') + 1;
            if (end < ShortestBracketed || authority[1..(end - 1)].ContainsAnyExcept(s_address))
            {
                return false;
            }
        }
        else
        {
            end = authority.IndexOfAnyExcept(s_name);
            if (end <= 0)
            {
                return end < 0;
            }
        }

        ReadOnlySpan<char> port = authority[end..];
        return port.IsEmpty || (port is [':', _, ..] && !port[1..].ContainsAnyExceptInRange('0', '9'));
    }
}
