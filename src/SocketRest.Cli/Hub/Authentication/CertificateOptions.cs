namespace SocketRest.Cli.Hub.Authentication;

/// <summary>The section <c>certificates</c> of the configuration file: agents that show a client certificate, where Kestrel's own configuration has HTTPS.</summary>
internal sealed record CertificateOptions
{
    /// <summary>The file with the certificate of the authority that issues them, and with intermediate ones (PEM). The common name of a certificate is the agent's name.</summary>
    public string? Authority { get; init; }

    /// <summary>Whether the authority is asked if a certificate was revoked. Default false.</summary>
    public bool CheckRevocation { get; init; }
}
