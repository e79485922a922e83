namespace SocketRest.AspNetCore;

/// <summary>How a forwarder tells an agent who called, and how.</summary>
public enum SocketRestForwardedFields
{
    /// <summary><c>X-Forwarded-For</c>, <c>-Proto</c>, <c>-Host</c> and <c>-Prefix</c>.</summary>
    XForwarded,

    /// <summary><c>Forwarded</c> (RFC 7239), and <c>X-Forwarded-Prefix</c>, for which that has no parameter.</summary>
    Forwarded,

    /// <summary>None of these.</summary>
    None,
}
