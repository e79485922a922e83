using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;

namespace SocketRest.Cli.Hub.SignIn;

/// <summary>The few pages that the hub shows to who opens an agent's: without scripts, and with nothing from elsewhere.</summary>
internal static class VisitorPage
{
    private const string Style = """
        :root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --ink: #17202b; --dim: #5b6777; --line: #e1e5ea; --accent: #0f766e; --bad: #b3261e; }
        @media (prefers-color-scheme: dark) {
          :root { --page: #0e1318; --card: #161d24; --ink: #e4eaf0; --dim: #98a5b3; --line: #2a333d; --accent: #4fd1c1; --bad: #ff968c; }
        }
        * { box-sizing: border-box; }
        body { margin: 0; padding: 8vh 16px 32px; background: var(--page); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
        main { max-width: 440px; margin: 0 auto; padding: 28px; display: grid; gap: 14px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow-wrap: anywhere; }
        form { display: grid; gap: 14px; }
        h1, h2, p, ul { margin: 0; }
        h1 { font-size: 1.5rem; letter-spacing: -0.01em; }
        h2 { font-size: 1rem; }
        ul { padding-left: 20px; display: grid; gap: 6px; }
        label { font-weight: 600; }
        input { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 9px; padding: 8px 12px; min-height: 40px; width: 100%; }
        button, .button { font: inherit; font-weight: 600; line-height: 1.2; cursor: pointer; text-align: center; text-decoration: none; border: 1px solid transparent; border-radius: 9px; padding: 11px 16px;
          background: var(--accent); color: var(--card); }
        .quiet { background: transparent; color: var(--ink); border-color: var(--line); font-weight: 500; }
        .error { color: var(--bad); }
        .hint { color: var(--dim); font-size: 0.85rem; }
        code { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.88em; }
        a { color: var(--accent); }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
        """;

    /// <summary>Asks for a key.</summary>
    public static Task AskAsync(HttpContext context, AgentPlace place, string target, string? by, string? error)
    {
        string agent = Html(place.Agent);
        string action = place.SignInPathTo(target, by);
        string little = place.IsShared ? $"<p>Under this address a page can be opened alone: what it loads comes without the key.</p>{Instead(place, target)}" : "";
        return WriteAsync(context, StatusOf(error, context), $"Sign in to {agent}", $"""
            <form method="post" action="{Html(action)}" autocomplete="off">
            <p>The pages of <strong>{agent}</strong> want a key: a caller's for this agent, or an operator's.</p>
            <label for="key">Key</label>
            <input id="key" name="key" type="password" required autofocus autocomplete="off" spellcheck="false" aria-describedby="error">
            {(error is null ? "" : $"<p id=\"error\" class=\"error\" role=\"alert\">{Html(error)}</p>")}
            <button>Sign in</button>
            </form>
            <p class="hint">Check that the address above is the hub's. The key stays with the hub and does not get to the agent; this browser is signed in for at most 12 hours.</p>
            {little}
            """, place.OwnHost is { } own ? own.ToUriComponent() : "");
    }

    /// <summary>Asks whether a page should be opened that another page led to.</summary>
    public static Task ConfirmAsync(HttpContext context, AgentPlace place, string target) => WriteAsync(
        context, StatusCodes.Status403Forbidden, $"Open {Html(place.Agent)}?", $"""
        <p>You are signed in to <strong>{Html(place.Agent)}</strong>. What led here is none of its own pages, or the browser does not say; nothing has been asked of the agent yet.</p>
        <p><code>{Html(target)}</code></p>
        <a class="button" href="{Html(target)}">Open it</a>
        <p class="hint"><a href="{Html(place.Prefix + AgentPlace.SessionPath)}">Sign out</a></p>
        """);

    /// <summary>Says why a page that shares its origin with the hub's own may stay blank, what can be done, and lets the person open it alone.</summary>
    public static Task AloneAsync(HttpContext context, AgentPlace place, string target, int status) => WriteAsync(context, status, $"Open {Html(place.Agent)} alone?", $"""
        <p>You are signed in to <strong>{Html(place.Agent)}</strong>. Its address here is the hub's own, in common with those of all agents. So a page of it is kept apart: it opens, and
        what it loads (scripts, styles, pictures, data) comes without the key. Many pages stay blank that way.</p>
        <p><code>{Html(target)}</code></p>
        <a class="button" href="{Html(target)}">Open it alone</a>
        {Instead(place, target)}
        <p class="hint">Nothing has been asked of {Html(place.Agent)} yet. <a href="{Html(place.Prefix + AgentPlace.SessionPath)}">Sign out</a></p>
        """);

    /// <summary>Asks whether a session is this person's that another browser may have begun.</summary>
    public static Task TakeOverAsync(HttpContext context, AgentPlace place, string code) => WriteAsync(context, StatusCodes.Status200OK, $"Open {Html(place.Agent)}?", $"""
        <p>A key for <strong>{Html(place.Agent)}</strong> was shown just now. If it was you who showed it, at the hub or its dashboard, go on; else somebody wants you to use theirs.</p>
        <form method="post" action="{Html($"{place.Prefix}{AgentPlace.SessionPath}?code={Uri.EscapeDataString(code)}")}"><button>It was me</button></form>
        """);

    /// <summary>Goes on to a page from one of its own origin.</summary>
    public static Task GoOnAsync(HttpContext context, AgentPlace place, string target) => WriteAsync(
        context, StatusCodes.Status200OK, "Signed in", $"""<p>Signed in to <strong>{Html(place.Agent)}</strong>. <a href="{Html(target)}">Go on</a></p>""", refresh: target);

    /// <summary>Says whether somebody is signed in, and lets them sign out.</summary>
    public static Task SessionAsync(HttpContext context, AgentPlace place, bool isSignedIn)
    {
        string agent = Html(place.Agent);
        return isSignedIn
            ? WriteAsync(context, StatusCodes.Status200OK, "Signed in", $"""
                <p>This browser is signed in to <strong>{agent}</strong>.</p>
                <form method="post" action="{Html(place.Prefix + AgentPlace.SessionPath)}"><button>Sign out</button></form>
                <a class="button quiet" href="{Html(place.Prefix)}/">Back to {agent}</a>
                """)
            : WriteAsync(context, StatusCodes.Status200OK, "Signed out", $"""
                <p>This browser is not signed in to <strong>{agent}</strong>.</p>
                <a class="button" href="{Html(place.Prefix)}/">Sign in</a>
                """);
    }

    /// <summary>What to do where pages cannot do everything.</summary>
    private static string Instead(AgentPlace place, string target)
    {
        string named = place.OtherHost is { } other
            ? $"""Open it under a name of its own, where pages do everything: <a href="{Html($"//{other.ToUriComponent()}{target[place.Prefix.Length..]}")}">{Html(other.ToUriComponent())}</a>."""
            : """
            Whoever runs the hub gives it a name, as in <code>socketrest hub --public-host hub.example.com</code>: each agent has one too then, under which pages do everything.
            On one machine <code>--public-host localhost</code> will do.
            """;
        return $"""
            <h2>What to do instead</h2>
            <ul>
            <li>{named}</li>
            <li>Call its API from the <a href="/_hub/">dashboard</a>, with an operator's key: there is a page of Swagger UI for each agent that has a document.</li>
            <li>Programs send the key with each request: <code>SocketRest-Key: KEY</code>.</li>
            </ul>
            """;
    }

    private static int StatusOf(string? error, HttpContext context) => error is null ? StatusCodes.Status200OK
        : context.Response.StatusCode >= StatusCodes.Status400BadRequest ? context.Response.StatusCode : StatusCodes.Status403Forbidden;

    private static async Task WriteAsync(HttpContext context, int status, string title, string content, string formTarget = "", string? refresh = null)
    {
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = "text/html; charset=utf-8";
        IHeaderDictionary headers = response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.ContentSecurityPolicy = $"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self' {formTarget}".TrimEnd();

        // Where a page comes from decides whether the cookie counts; what it was about is nobody's business.
        headers["Referrer-Policy"] = "strict-origin";
        await response.WriteAsync($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            {(refresh is null ? "" : $"<meta http-equiv=\"refresh\" content=\"0;url={Html(refresh)}\">")}
            <title>{title} – SocketRest hub</title>
            <link rel="icon" href="data:,">
            <style>{Style}</style>
            </head>
            <body>
            <main>
            <h1>{title}</h1>
            {content}
            </main>
            </body>
            </html>
            """, context.RequestAborted).ConfigureAwait(false);
    }

    private static string Html(string text) => HtmlEncoder.Default.Encode(text);
}
