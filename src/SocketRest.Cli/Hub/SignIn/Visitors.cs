using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore;
using SocketRest.Cli.Hub.Authentication;
using SocketRest.Cli.Management.Access;

namespace SocketRest.Cli.Hub.SignIn;

/// <summary>
/// Lets browsers open pages of agents that want a key, which a link, an image or a WebSocket cannot carry. A person shows the key once, on a page of the hub's own,
/// where no agent's script runs; the browser then has a cookie for that agent. It counts for requests to that agent alone, and of those only for what its own pages
/// ask for, or the person.
/// </summary>
internal sealed class Visitors(HubOptions options, TimeProvider time)
{
    /// <summary>Sessions at once. Each took a good key; who has one cannot sign out those who have others.</summary>
    private const int MostSessions = 10_000;
    private const int MostSessionsOfAKey = 100;
    private const int MostCodes = 1_000;
    private const int MostCodesOfAKey = 20;

    private static readonly TimeSpan s_sessionTime = TimeSpan.FromHours(12);
    private static readonly TimeSpan s_codeTime = TimeSpan.FromMinutes(1);

    private readonly ExpiringTable<VisitorSession> _sessions = new(time, s_sessionTime, MostSessions, MostSessionsOfAKey, session => session.Dispose());

    /// <summary>A host name's cookies are set under it alone: what a session is called has to get there from the page where the key was shown.</summary>
    private readonly ExpiringTable<Handover> _codes = new(time, s_codeTime, MostCodes, MostCodesOfAKey);

    /// <summary>Stands in front of authentication.</summary>
    public Task RunAsync(HttpContext context, RequestDelegate next)
    {
        // Programs have no cookies, and are the most.
        HttpRequest request = context.Request;
        bool isSession = request.Path.Value?.EndsWith(AgentPlace.SessionPath, StringComparison.OrdinalIgnoreCase) == true;
        if ((!isSession && request.Headers.Cookie.Count == 0) || !AgentPlace.TryRead(context, options, out AgentPlace? place))
        {
            return PassOnAsync(context, next);
        }

        VisitorSession? session = null;
        string? came = isSession ? VisitorCookie.CameWith(request) : null;
        IReadOnlyList<string> names = VisitorCookie.Take(request, place.CookiePath);
        foreach (string name in names)
        {
            if (_sessions.TryGet(name, out VisitorSession? found) && !found.HasEnded && found.IsFor(place.Agent))
            {
                session = found;
            }
        }

        if (isSession && request.Path.Value!.Equals(place.Prefix + AgentPlace.SessionPath, StringComparison.OrdinalIgnoreCase))
        {
            return AnswerAsync(context, place, session, names, came);
        }

        // Who shows a key is no browser, and means that one.
        if (session is null || HasKey(request))
        {
            return PassOnAsync(context, next);
        }

        bool isPage = Navigation.Is(request);
        if (OwnPage.Asks(request) && !(isPage && place.IsShared && OwnPage.IsTyped(request)))
        {
            context.Features.Set(session);
            request.Headers[PresentedKey.Header] = session.Credential;
            return session.RunAsync(context, running => PassOnAsync(running, next));
        }

        return !isPage ? PassOnAsync(context, next)
            : place.IsShared ? VisitorPage.AloneAsync(context, place, place.TargetOf(context), StatusCodes.Status403Forbidden)
            : VisitorPage.ConfirmAsync(context, place, place.TargetOf(context));
    }

    /// <summary>Sends a person who opens a page without a good key to where one is shown. False where it is no person, or no page of an agent.</summary>
    public bool TrySendToSignIn(HttpContext context)
    {
        if (!Navigation.Is(context.Request)
            || (context.Features.Get<VisitorSession>() is null && HasKey(context.Request))
            || !AgentPlace.TryRead(context, options, out AgentPlace? place))
        {
            return false;
        }

        string target = place.TargetOf(context);
        context.Response.Headers.CacheControl = "no-store";
        if (place.HasBetter)
        {
            context.Response.Redirect($"//{place.OwnHost!.Value.ToUriComponent()}{target[place.Prefix.Length..]}");
            return true;
        }

        string? by = null;
        if (place.OwnHost is not null)
        {
            // Who is sent a code from elsewhere does not have it, and would be in somebody else's session unasked.
            string nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
            VisitorCookie.SetCame(context.Response, nonce);
            context.Features.Set(new SentAway());
            by = HashOf(nonce);
        }

        context.Response.Redirect(place.SignInAddress(target, by));
        return true;
    }

    /// <summary>Signs a browser in that has shown a good key, and sends it to the page that it wanted.</summary>
    /// <param name="context">The request that shows it.</param>
    /// <param name="place">Where the agent's pages are.</param>
    /// <param name="shown">The key or token, whose it is, and when it expires, if that is known.</param>
    /// <param name="target">The page.</param>
    /// <param name="by">Which browser was sent to sign in, or null where that is not known.</param>
    public void SignIn(HttpContext context, AgentPlace place, ShownCredential shown, string target, string? by)
    {
        // What ends TLS in front of the hub knows that the browser uses it; so does the browser.
        bool isSecure = context.Request.IsHttps || context.Request.Headers.Origin.ToString().StartsWith("https:", StringComparison.OrdinalIgnoreCase);
        TimeSpan lifetime = shown.Expires - time.GetUtcNow() is { } left && left < s_sessionTime ? left : s_sessionTime;
        string name = _sessions.Add(shown.Owner, new VisitorSession(place.Agent, shown.Credential, time, lifetime > TimeSpan.Zero ? lifetime : TimeSpan.Zero));
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.CacheControl = "no-store";
        if (place.OwnHost is { } own)
        {
            context.Response.Headers.Location = $"//{own.ToUriComponent()}{AgentPlace.SessionPath}?code={_codes.Add(shown.Owner, new Handover(name, place.Agent, target, by, isSecure))}";
        }
        else
        {
            VisitorCookie.Set(context.Response, name, place.CookiePath, isSecure);
            context.Response.Headers.Location = $"{place.Prefix}{AgentPlace.SessionPath}?to={Uri.EscapeDataString(target)}";
        }
    }

    private static Task PassOnAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<SocketRestForwarderMetadata>() is not null)
        {
            context.Response.OnStarting(
                static state =>
                {
                    var context = (HttpContext)state;
                    if (context.Features.Get<SentAway>() is null)
                    {
                        VisitorCookie.TakeFrom(context.Response);
                    }

                    return Task.CompletedTask;
                },
                context);
        }

        return next(context);
    }

    private static bool HasKey(HttpRequest request) => request.Headers.ContainsKey(PresentedKey.Header) || PresentedKey.Of(request) is not null;

    private Task AnswerAsync(HttpContext context, AgentPlace place, VisitorSession? session, IReadOnlyList<string> names, string? came)
    {
        HttpRequest request = context.Request;
        if (HttpMethods.IsPost(request.Method))
        {
            if (!OwnPage.Asks(request))
            {
                return Problem.WriteAsync(context, StatusCodes.Status403Forbidden, "other-page", "Another page asked to sign out.");
            }

            if (request.Query["code"] is [{ } confirmed])
            {
                return TakeOverAsync(context, place, confirmed);
            }

            foreach (string name in names)
            {
                if (_sessions.TryRemove(name, out VisitorSession? ended))
                {
                    ended.Dispose();
                }
            }

            VisitorCookie.Remove(context.Response, place.CookiePath);
            return VisitorPage.SessionAsync(context, place, isSignedIn: false);
        }

        if (!HttpMethods.IsGet(request.Method))
        {
            return Problem.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, "method", "There is GET here, and POST, which signs out.");
        }

        if (request.Query["code"] is [{ } code] && _codes.TryGet(code, out Handover? handover) && handover.IsFor(place.Agent))
        {
            if (came is not null && handover.By == HashOf(came))
            {
                return TakeOverAsync(context, place, code);
            }

            return session is null ? VisitorPage.TakeOverAsync(context, place, code) : VisitorPage.ConfirmAsync(context, place, handover.Target);
        }

        return session is not null && place.IsShared && request.Query["to"] is [{ } to]
            ? VisitorPage.AloneAsync(context, place, place.Local(to), StatusCodes.Status200OK)
            : VisitorPage.SessionAsync(context, place, session is not null);
    }

    private Task TakeOverAsync(HttpContext context, AgentPlace place, string code)
    {
        if (!_codes.TryRemove(code, out Handover? handover) || !handover.IsFor(place.Agent))
        {
            return VisitorPage.SessionAsync(context, place, isSignedIn: false);
        }

        VisitorCookie.Set(context.Response, handover.Session, place.CookiePath, handover.IsSecure);
        return VisitorPage.GoOnAsync(context, place, handover.Target);
    }

    private static string HashOf(string nonce) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(nonce)));

    /// <summary>Marks an answer whose cookies are the hub's own, and not an agent's.</summary>
    private sealed class SentAway;

    private sealed record Handover(string Session, string Agent, string Target, string? By, bool IsSecure)
    {
        public bool IsFor(string agent) => Agent.Equals(agent, StringComparison.OrdinalIgnoreCase);
    }
}
