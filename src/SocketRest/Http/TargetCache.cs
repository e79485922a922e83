using System.Buffers;

namespace SocketRest.Http;

/// <summary>
/// What the last address of a handler's requests came to. A handler mostly speaks to one host, and often asks for one path: for those no
/// address has to be taken apart and no string be made.
/// </summary>
internal sealed class TargetCache
{
    /// <summary>Characters that <see cref="Uri"/> leaves alone in a path and a query; '.' is looked at for dot segments.</summary>
    private static readonly SearchValues<char> s_plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/?&=,:@!$*+;");

    private Entry? _last;

    /// <summary>The authority and the request target of an address.</summary>
    public (string Authority, string Target) For(Uri uri)
    {
        string text = uri.OriginalString;
        Entry? last = Volatile.Read(ref _last);
        if (last is not null && text.StartsWith(last.Prefix, StringComparison.Ordinal))
        {
            // The prefix ends in front of the slash with which the path begins.
            ReadOnlySpan<char> target = text.AsSpan(last.Prefix.Length);
            if (target.SequenceEqual(last.Target))
            {
                return (last.Authority, last.Target);
            }

            if (IsPlain(target))
            {
                var next = new Entry(last.Prefix, last.Authority, target.ToString());
                Volatile.Write(ref _last, next);
                return (next.Authority, next.Target);
            }
        }

        return Parse(uri, text);
    }

    private static bool IsPlain(ReadOnlySpan<char> target) =>
        target is ['/', ..] && !target.ContainsAnyExcept(s_plain) && target.IndexOf("/.", StringComparison.Ordinal) < 0;

    private (string Authority, string Target) Parse(Uri uri, string text)
    {
        string host = uri.HostNameType == UriHostNameType.IPv6 ? $"[{uri.IdnHost}]" : uri.IdnHost;
        string authority = uri.IsDefaultPort ? host : $"{host}:{uri.Port}";
        string target = uri.PathAndQuery;
        if (text.EndsWith(target, StringComparison.Ordinal) && IsPlain(target) && text.AsSpan(0, text.Length - target.Length).IndexOfAny('?', '#', '@') < 0)
        {
            Volatile.Write(ref _last, new Entry(text[..^target.Length], authority, target));
        }

        return (authority, target);
    }

    private sealed record Entry(string Prefix, string Authority, string Target);
}
