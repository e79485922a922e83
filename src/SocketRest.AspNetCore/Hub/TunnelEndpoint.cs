using Microsoft.AspNetCore.Http;
using SocketRest.Protocol;

namespace SocketRest.AspNetCore.Hub;

/// <summary>Answers the upgrade requests at one mapped path.</summary>
internal sealed class TunnelEndpoint(TunnelAcceptor acceptor)
{
    public bool ServesApplication { get; set; }

    public async Task HandleAsync(HttpContext context)
    {
        if (context.Features.Get<ISocketRestConnectionFeature>() is not null)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "There is no tunnel inside a tunnel.").ConfigureAwait(false);
            return;
        }

        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.Headers.Upgrade = "websocket";
            await RefuseAsync(context, StatusCodes.Status426UpgradeRequired, "This is a tunnel's endpoint: it takes WebSocket requests only.").ConfigureAwait(false);
            return;
        }

        IList<string> offered = context.WebSockets.WebSocketRequestedProtocols;
        if (offered.Count > 0 && !offered.Contains(SubProtocol.Name))
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, $"This endpoint speaks {SubProtocol.Name} only.").ConfigureAwait(false);
            return;
        }

        await acceptor.AcceptAsync(context, offered.Count > 0 ? SubProtocol.Name : null, ServesApplication).ConfigureAwait(false);
    }

    private static Task RefuseAsync(HttpContext context, int status, string reason)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(reason);
    }
}
