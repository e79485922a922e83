using Microsoft.AspNetCore.Http;
using SocketRest.Protocol;

namespace SocketRest.AspNetCore.Hub;

/// <summary>Answers the upgrade requests at one mapped path.</summary>
internal sealed class TunnelEndpoint(TunnelAcceptor acceptor)
{
    public bool ServesApplication { get; set; }

    public Task HandleAsync(HttpContext context)
    {
        IList<string> offered = context.WebSockets.WebSocketRequestedProtocols;
        return (Refuse(context, offered) ?? acceptor.Refuse(context.Request)) is { } refusal
            ? refusal.WriteAsync(context)
            : acceptor.AcceptAsync(context, this, offered.Count > 0 ? SubProtocol.Name : null);
    }

    private static UpgradeRefusal? Refuse(HttpContext context, IList<string> offered)
    {
        if (context.Features.Get<ISocketRestConnectionFeature>() is not null)
        {
            return new(StatusCodes.Status400BadRequest, "There is no tunnel inside a tunnel.");
        }

        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.Headers.Upgrade = "websocket";
            return new(StatusCodes.Status426UpgradeRequired, "This is a tunnel's endpoint: it takes WebSocket requests only.");
        }

        return offered.Count > 0 && !offered.Contains(SubProtocol.Name)
            ? new(StatusCodes.Status400BadRequest, $"This endpoint speaks {SubProtocol.Name} only.")
            : null;
    }
}
