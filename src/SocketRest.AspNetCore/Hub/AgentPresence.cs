namespace SocketRest.AspNetCore.Hub;

/// <summary>How far the agents of one name can be sent requests: what the best of them says, the better the higher.</summary>
internal enum AgentPresence
{
    /// <summary>Nobody of that name is connected.</summary>
    Unknown,

    /// <summary>All of them take no new requests.</summary>
    Draining,

    /// <summary>Those that would take requests have lost their sockets.</summary>
    Interrupted,

    Ready,
}
