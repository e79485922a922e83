namespace SocketRest.Cli.Expose;

/// <summary>The local service.</summary>
internal sealed record UpstreamOptions
{
    /// <summary>Its address; a path is put in front of each request's.</summary>
    public required Uri Address { get; init; }

    /// <summary>Whether it speaks HTTP/2 without TLS and nothing else.</summary>
    public bool Http2 { get; init; }

    /// <summary>Whether it is told the host that the caller used, in place of its own.</summary>
    public bool PreserveHost { get; init; }

    /// <summary>Whether its certificate is taken whatever it is, as a service of one's own machine may have one that it made itself.</summary>
    public bool Insecure { get; init; }

    /// <summary>How long a connection to it may take. Default 10 seconds.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
