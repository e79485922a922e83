namespace SocketRest.Multiplexing;

/// <summary>Answers the requests that the peer sends on a connection.</summary>
internal interface IStreamServer
{
    /// <summary>Called once for each new stream object; the exchange is kept with it.</summary>
    IServerExchange CreateExchange(TunnelStream stream);
}
