namespace SocketRest.Protocol;

internal static class SubProtocol
{
    /// <summary>The WebSocket subprotocol (RFC 6455 section 1.9) that carries this version.</summary>
    public const string Name = "socketrest.v1";

    public const int Version = 1;

    /// <summary>Names the connection that an upgrade request means to resume, for load balancers and admission.</summary>
    public const string ConnectionHeader = "SocketRest-Connection";

    /// <summary>The same as a query parameter, for where no header can be set.</summary>
    public const string ConnectionParameter = "socketrest-connection";

    /// <summary>The path under which whoever forwards a request has the application, for its links. Lower case, as on the wire.</summary>
    public const string PrefixHeader = "socketrest-prefix";

    /// <summary>
    /// The method of a request that offers another protocol in HTTP/1.1's way, and travels as extended CONNECT; in an answer, <see cref="Declined"/> where it would be taken for
    /// the acceptance of the offer otherwise. Lower case, as on the wire.
    /// </summary>
    public const string OfferHeader = "socketrest-offer";

    public const string Declined = "declined";
}
