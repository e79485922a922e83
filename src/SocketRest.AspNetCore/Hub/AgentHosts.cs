using System.Buffers;
using SocketRest.Http;
using SocketRest.Multiplexing;

namespace SocketRest.AspNetCore.Hub;

/// <summary>Finds the connection for a request by the host of its address, which is the agent's name.</summary>
internal sealed class AgentHosts(AgentNames names) : IConnectionSource
{
    /// <summary>What a host is made of, behind a first letter, that an address cannot mean in another way.</summary>
    private static readonly SearchValues<char> s_plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._");

    public bool HasOthers => true;

    public TunnelConnection? CurrentFor(HttpRequestMessage request)
    {
        Uri address = request.RequestUri!;
        ReadOnlySpan<char> host = PlainHost(address);
        return (host.IsEmpty ? names.Find(address.Host) : names.Find(host))?.ChooseServing();
    }

    public ValueTask<TunnelConnection> GetAsync(HttpRequestMessage request, CancellationToken cancellationToken) => new(names.Get(request.RequestUri!.Host));

    public ValueTask<TunnelConnection?> GetNextAsync(IReadOnlyList<TunnelConnection> tried, CancellationToken cancellationToken) => new(names.GetNext(tried));

    /// <summary>The host as it stands in the address, or nothing where more than letters and digits has to be understood. Spares each call the string that <see cref="Uri.Host"/> makes.</summary>
    private static ReadOnlySpan<char> PlainHost(Uri uri)
    {
        // Directly behind the scheme: what follows further on is no host, whatever it looks like.
        ReadOnlySpan<char> address = uri.OriginalString;
        int scheme = uri.Scheme.Length;
        if (!address.StartsWith(uri.Scheme, StringComparison.OrdinalIgnoreCase) || !address[scheme..].StartsWith("://", StringComparison.Ordinal))
        {
            return default;
        }

        ReadOnlySpan<char> rest = address[(scheme + 3)..];
        int end = rest.IndexOf('/');
        return end > 0 && char.IsAsciiLetter(rest[0]) && !rest[..end].ContainsAnyExcept(s_plain) ? rest[..end] : default;
    }
}
