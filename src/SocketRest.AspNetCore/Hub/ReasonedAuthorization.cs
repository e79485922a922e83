using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Hub;

/// <summary>Gives a reason to the 401 or 403 that authorization answers an upgrade with, where the application gives none. Other endpoints stay as they are.</summary>
internal sealed class ReasonedAuthorization(IAuthorizationMiddlewareResultHandler inner) : IAuthorizationMiddlewareResultHandler
{
    public async Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        await inner.HandleAsync(next, context, policy, authorizeResult).ConfigureAwait(false);
        if (authorizeResult.Succeeded || context.Response.HasStarted || context.GetEndpoint()?.Metadata.GetMetadata<TunnelEndpoint>() is null)
        {
            return;
        }

        string? reason = context.Response.StatusCode switch
        {
            StatusCodes.Status401Unauthorized => "This tunnel wants credentials: they are missing, wrong or expired.",
            StatusCodes.Status403Forbidden => "This tunnel is not for the user of these credentials.",
            _ => null,
        };
        if (reason is not null)
        {
            await new UpgradeRefusal(context.Response.StatusCode, reason).WriteAsync(context).ConfigureAwait(false);
        }
    }
}
