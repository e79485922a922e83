using System.Net;
using System.Security.Claims;
using System.Text.Json;

namespace SocketRest.Multiplexing;

/// <summary>What is known of a connection and of its other end once the handshake is over.</summary>
internal sealed record ConnectionIdentity
{
    public required string Id { get; init; }

    public string? Name { get; init; }

    public string? Instance { get; init; }

    public JsonElement Metadata { get; init; }

    public bool PeerServes { get; init; }

    public EndPoint? RemoteEndPoint { get; init; }

    public EndPoint? LocalEndPoint { get; init; }

    public ClaimsPrincipal? User { get; init; }

    /// <summary>At the accepting side: who looks at new credentials, or null where none are taken.</summary>
    public IReauthenticator? Reauthenticator { get; init; }

    /// <summary>At the dialling side: whether the other end takes new credentials.</summary>
    public bool TakesReauthentication { get; init; }
}
