using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using SocketRest.Cli.Keys;

namespace SocketRest.Cli.Hub.Authentication;

/// <summary>Takes this hub's keys and tokens out of requests before an agent sees them: who calls an agent does not mean to hand it a key.</summary>
internal sealed class HubKeyRemoval(RequestDelegate next, LiveKeys keys, IServiceProvider services)
{
    private readonly JwtReader? _jwt = services.GetService<JwtReader>();

    public Task InvokeAsync(HttpContext context)
    {
        IHeaderDictionary headers = context.Request.Headers;
        bool isInOwnField = headers.Remove(PresentedKey.Header);
        if (!isInOwnField && context.User.Identity?.AuthenticationType == JwtReader.AuthenticationType)
        {
            headers.Remove("Authorization");
        }

        // Also where nobody asked for a key, or another was given. What this hub does not know may be meant for the agent, which may be a hub itself.
        StringValues authorization = headers.Authorization;
        if (authorization.Count > 0 && authorization.Any(IsOurs))
        {
            string?[] others = [.. authorization.Where(value => !IsOurs(value))];
            if (others.Length > 0)
            {
                headers.Authorization = others;
            }
            else
            {
                headers.Remove("Authorization");
            }
        }

        return next(context);
    }

    private bool IsOurs(string? value) => PresentedKey.TokensIn(value).Any(token =>
        (KeyText.TryGetId(token, out string? id) && keys.Current.ById(id) is not null) || _jwt?.IsOurs(token) == true);
}
