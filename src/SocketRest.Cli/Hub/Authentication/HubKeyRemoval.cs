using Microsoft.AspNetCore.Http;
using SocketRest.Cli.Keys;

namespace SocketRest.Cli.Hub.Authentication;

/// <summary>Takes this hub's keys out of requests before an agent sees them: who calls an agent does not mean to hand it a key.</summary>
internal sealed class HubKeyRemoval(RequestDelegate next, LiveKeys keys)
{
    public Task InvokeAsync(HttpContext context)
    {
        IHeaderDictionary headers = context.Request.Headers;
        bool isInOwnField = headers.Remove(PresentedKey.Header);
        if (!isInOwnField && context.User.Identity?.AuthenticationType == JwtReader.AuthenticationType)
        {
            headers.Remove("Authorization");
        }

        // Also where nobody asked for a key. What this hub does not know may be meant for the agent, which may be a hub itself.
        if (PresentedKey.OfAuthorization(headers.Authorization) is { } presented && KeyText.TryGetId(presented, out string? id) && keys.Current.ById(id) is not null)
        {
            headers.Remove("Authorization");
        }

        return next(context);
    }
}
