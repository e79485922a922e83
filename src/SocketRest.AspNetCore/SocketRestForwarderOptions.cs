namespace SocketRest.AspNetCore;

/// <summary>How one <c>MapSocketRestForwarder</c> passes requests on.</summary>
public sealed class SocketRestForwarderOptions
{
    /// <summary>How the agent is told who called, and how. Default <see cref="SocketRestForwardedFields.XForwarded"/>.</summary>
    public SocketRestForwardedFields ForwardedFields { get; set; }

    /// <summary>
    /// Whether what the caller itself says in those fields is kept, and this hub's word put behind it. Default <see langword="false"/>: anybody could say anything, so
    /// every <c>Forwarded</c> and <c>X-Forwarded-*</c> of a request is taken out. For a hub behind a proxy, <c>UseForwardedHeaders</c> is the better way: what
    /// that accepts is what the agent is told.
    /// </summary>
    public bool AppendForwardedFields { get; set; }

    /// <summary>
    /// Whether the agent sees the <c>Host</c> that the caller asked for, so that the links that it makes work. Default <see langword="true"/>; otherwise
    /// its own name is the host, or nothing where that is none.
    /// </summary>
    public bool PassHost { get; set; } = true;

    /// <summary>
    /// Fields of requests that are for this hub alone, by name without regard to case: <c>Authorization</c> or <c>Cookie</c> where callers prove to the hub who they are with
    /// these, since an agent that sees them could use them elsewhere. Default: none beside <c>Proxy-Authorization</c> and those of one connection; agents see what callers say.
    /// </summary>
    public ISet<string> WithheldFields { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Whether the size of a request's body is for the agent to limit alone. Default <see langword="false"/>: this server's own limit holds as well (Kestrel's
    /// <c>MaxRequestBodySize</c>, 30,000,000 bytes). Bodies are passed on as they come, in constant memory. How slowly one may come is this server's business
    /// either way (<c>MinRequestBodyDataRate</c>): one that may be silent for long, as a gRPC stream's, needs that limit to be off.
    /// </summary>
    public bool AgentLimitsBodySize { get; set; }

    /// <summary>
    /// How long an agent may take to begin its answer, from the request's last byte that was passed on. Longer is a 504. Default
    /// <see cref="Timeout.InfiniteTimeSpan"/>: as long as the caller waits. Positive, at most 24 days.
    /// </summary>
    public TimeSpan ResponseTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Whether requests that came through a tunnel may be forwarded. Default <see langword="false"/>: of a hub that serves its application, an agent would reach every
    /// other agent. They are answered with 403.
    /// </summary>
    public bool AllowTunnelledRequests { get; set; }

    internal void Validate()
    {
        if (!Enum.IsDefined(ForwardedFields))
        {
            throw new ArgumentException($"The option {nameof(ForwardedFields)} has no value {(int)ForwardedFields}.");
        }

        if (ResponseTimeout != Timeout.InfiniteTimeSpan && (ResponseTimeout <= TimeSpan.Zero || ResponseTimeout > TimeSpan.FromDays(24)))
        {
            throw new ArgumentException($"The option {nameof(ResponseTimeout)} must be positive and at most 24 days, or Timeout.InfiniteTimeSpan.");
        }
    }
}
