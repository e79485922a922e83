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
}
