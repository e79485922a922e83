using SocketRest.Protocol.Hpack;

namespace SocketRest.Http;

/// <summary>
/// A request that is passed on as it came: its target byte for byte, its fields straight from where they are. The message itself is only what handlers ask
/// for on the way; its headers are left empty, but for <c>Expect</c>.
/// </summary>
internal abstract class RelayedRequest(HttpMethod method, Uri uri) : HttpRequestMessage(method, uri)
{
    /// <summary>The <c>:authority</c>; its host is not looked up anywhere.</summary>
    public abstract string Authority { get; }

    /// <summary>The <c>:path</c>.</summary>
    public abstract string Target { get; }

    /// <summary>Where the application is for those who call it (<see cref="Protocol.SubProtocol.PrefixHeader"/>), or null for the root.</summary>
    public abstract string? Prefix { get; }

    /// <summary>The method of a request that offers another protocol (<see cref="Protocol.SubProtocol.OfferHeader"/>) and can do without; null for any other.</summary>
    public virtual string? OfferingMethod => null;

    /// <summary>What follows the content, once that has been written.</summary>
    public abstract IEnumerable<KeyValuePair<string, string>>? Trailers { get; }

    /// <summary>Adds the fields after the pseudo-headers. Called again with each attempt, and only while the request is being sent.</summary>
    public abstract void WriteFields(HeaderList head);
}
