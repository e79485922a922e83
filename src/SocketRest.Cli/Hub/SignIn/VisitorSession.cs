using Microsoft.AspNetCore.Http;

namespace SocketRest.Cli.Hub.SignIn;

/// <summary>A browser that has shown a key for the pages of one agent.</summary>
internal sealed class VisitorSession : IDisposable
{
    private readonly Lock _lock = new();
    private readonly HashSet<HttpContext> _running = [];
    private readonly string _agent;
    private readonly ITimer _end;
    private volatile bool _ended;

    /// <param name="agent">The agent, and no other.</param>
    /// <param name="credential">What was shown. It is looked at with each request anew: a key that is revoked or changed ends the session.</param>
    /// <param name="time">The clock.</param>
    /// <param name="lifetime">After which it ends by itself.</param>
    public VisitorSession(string agent, string credential, TimeProvider time, TimeSpan lifetime)
    {
        _agent = agent;
        Credential = credential;
        _end = time.CreateTimer(static state => ((VisitorSession)state!).Dispose(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _end.Change(lifetime, Timeout.InfiniteTimeSpan);
    }

    public string Credential { get; }

    public bool HasEnded => _ended;

    public bool IsFor(string name) => _agent.Equals(name, StringComparison.OrdinalIgnoreCase);

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

    /// <summary>Ends the session, and breaks off what is running.</summary>
    public void Dispose()
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

        _end.Dispose();
    }
}
