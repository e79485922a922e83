using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore;
using SocketRest.Cli.Keys;

namespace SocketRest.Cli.Hub.Authentication;

/// <summary>
/// The requests under way that a caller's or an operator's key opened: event streams, WebSockets and long answers would outlive the key otherwise.
/// Agents' tunnels are connections, which are closed as such.
/// </summary>
internal sealed class KeyedRequests
{
    private readonly ConcurrentDictionary<Running, bool> _running = new();

    public async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        if (HubClaims.KeyOf(context.User) is not { } id || HubClaims.Is(context.User, KeyKind.Agent))
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        var running = new Running(context, id);
        _running[running] = true;
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            _running.TryRemove(running, out _);
            running.End();
        }
    }

    /// <summary>Breaks off what keys opened that are not in force any more, or not for that; returns their IDs.</summary>
    public IReadOnlyList<string> AbortWithout(KeyRing keys)
    {
        List<string>? gone = null;
        foreach ((Running running, _) in _running)
        {
            if (!running.IsAllowedBy(keys.ById(running.KeyId)) && running.TryAbort())
            {
                (gone ??= []).Add(running.KeyId);
            }
        }

        return gone ?? [];
    }

    private sealed class Running(HttpContext context, string keyId)
    {
        private readonly Lock _lock = new();
        private readonly KeyKind _kind = HubClaims.Is(context.User, KeyKind.Operator) ? KeyKind.Operator : KeyKind.Caller;
        private readonly string? _agent = context.GetEndpoint()?.Metadata.GetMetadata<SocketRestForwarderMetadata>()?.GetAgent(context);
        private HttpContext? _context = context;

        public string KeyId => keyId;

        public bool IsAllowedBy(HubKey? key) => key is not null && key.Kind == _kind && (_kind == KeyKind.Operator || _agent is null || key.IsFor(_agent));

        /// <summary>The server uses the context again for another request.</summary>
        public void End()
        {
            lock (_lock)
            {
                _context = null;
            }
        }

        public bool TryAbort()
        {
            lock (_lock)
            {
                HttpContext? context = _context;
                _context = null;
                context?.Abort();
                return context is not null;
            }
        }
    }
}
