namespace SocketRest.Http;

/// <summary>The last authority that was asked for: a handler mostly speaks to one, and building the string costs a call its thrift.</summary>
internal sealed class AuthorityCache
{
    private Entry? _last;

    public string For(Uri uri)
    {
        string host = uri.IdnHost;
        int port = uri.Port;
        if (_last is { } last && last.Port == port && last.Host == host && last.IsDefault == uri.IsDefaultPort)
        {
            return last.Authority;
        }

        string bracketed = uri.HostNameType == UriHostNameType.IPv6 ? $"[{host}]" : host;
        var entry = new Entry(host, port, uri.IsDefaultPort, uri.IsDefaultPort ? bracketed : $"{bracketed}:{port}");
        _last = entry;
        return entry.Authority;
    }

    private sealed record Entry(string Host, int Port, bool IsDefault, string Authority);
}
