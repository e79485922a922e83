using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore;

/// <summary>A dialling side that asks to connect, or to go on with new credentials, for <see cref="SocketRestServerOptions.AuthorizeConnection"/>.</summary>
public sealed class SocketRestHandshakeContext
{
    internal SocketRestHandshakeContext()
    {
    }

    /// <summary>
    /// The upgrade request. Where <see cref="Reauthenticates"/>, a request made up for the new credentials: with the upgrade's path, route values, scheme, host and addresses, the new
    /// <c>Authorization</c> header, and without query, cookies and other headers. Not to be used once the decision has been made, or <see cref="Aborted"/> has fired.
    /// </summary>
    public required HttpContext HttpContext { get; init; }

    /// <summary>Who the dialling side proved to be when it opened the WebSocket, or proves to be now, or <see langword="null"/> for nobody.</summary>
    public ClaimsPrincipal? User { get; init; }

    /// <summary>The name that it wants to be found by, or <see langword="null"/>. From 1 to 256 characters without control characters; names are the same without regard to case.</summary>
    public string? Name { get; init; }

    /// <summary>What tells it apart from others of that name, or <see langword="null"/>.</summary>
    public string? Instance { get; init; }

    /// <summary>What it says of itself: a JSON object, empty if it said nothing.</summary>
    public JsonElement Metadata { get; init; }

    /// <summary>Whether it answers requests.</summary>
    public bool PeerServes { get; init; }

    /// <summary>Whether this is a connection that asks to go on with new credentials of the same user: it keeps its name, instance and metadata.</summary>
    public bool Reauthenticates { get; init; }

    /// <summary>Fires when the handshake has ended without a decision: its time is over, the socket is gone, or the host stops.</summary>
    public CancellationToken Aborted { get; init; }

    /// <summary>A sentence that a refused dialling side is told. Default: that its name is not for these credentials. Not for secrets.</summary>
    public string? RefusalReason { get; set; }
}
