namespace SocketRest.AspNetCore;

/// <summary>How this application accepts tunnels.</summary>
public sealed class SocketRestServerOptions : SocketRestOptions
{
    /// <summary>How long shutting down waits for running requests before it cuts them off. Default 10 seconds; keep it below the host's own limit.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(10);

    internal override void Validate()
    {
        base.Validate();
        CheckTime(ShutdownTimeout, nameof(ShutdownTimeout), zeroAllowed: true);
    }
}
