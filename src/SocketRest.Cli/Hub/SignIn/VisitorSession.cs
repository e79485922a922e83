using Microsoft.AspNetCore.Http;

namespace SocketRest.Cli.Hub.SignIn;

/// <summary>A browser that has shown a key for the pages of one agent.</summary>
/// <param name="agent">The agent, and no other.</param>
/// <param name="credential">What was shown. It is looked at with each request anew: a key that is revoked or changed ends the session.</param>
internal sealed class VisitorSession(string agent, string credential)
{
    private readonly Lock _lock = new();
    private readonly HashSet<HttpContext> _running = [];
    private bool _ended;

    public string Credential => credential;

    public bool IsFor(string name) => agent.Equals(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>Runs a request of the session, which ends with it: event streams and WebSockets would outlive the person's stay.</summary>
    public async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        lock (_lock)
        {
            if (_ended)
            {
                context.Abort();
                return;
            }

            _running.Add(context);
        }

        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _running.Remove(context);
            }
        }
    }

    /// <summary>Breaks off what is running.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            foreach (HttpContext context in _running)
            {
                context.Abort();
            }

            _running.Clear();
        }
    }
}
