namespace SocketRest.Http;

/// <summary>What a handler does around its exchanges: its settings, and how a redirect is sent.</summary>
internal sealed record HandlerPolicies(HandlerSettings Settings, SendOnce SendOnce);
