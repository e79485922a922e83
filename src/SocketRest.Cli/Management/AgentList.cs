using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore;
using SocketRest.Cli.Management.Model;

namespace SocketRest.Cli.Management;

/// <summary>The connections of the registry as the API shows them.</summary>
internal sealed class AgentList(SocketRestConnectionRegistry registry)
{
    public const int DefaultLimit = 100;
    public const int MaxLimit = 500;

    private const string MetadataPrefix = "metadata.";

    public IEnumerable<SocketRestConnection> All => registry.Connections;

    public bool TryGet(string id, [NotNullWhen(true)] out SocketRestConnection? connection) => registry.TryGetById(id, out connection);

    /// <summary>Those that fit, from where the page before ended.</summary>
    /// <exception cref="ArgumentException">The cursor comes from no page.</exception>
    public AgentPage Find(string? name, AgentState? state, IQueryCollection query, string? cursor, int limit)
    {
        (string Field, string Value)[] metadata =
            [.. query.Where(one => IsMetadata(one.Key)).SelectMany(one => one.Value, (one, value) => (one.Key[MetadataPrefix.Length..], value ?? ""))];
        SocketRestConnectionPage page = registry.List(
            limit,
            cursor,
            one => (name is null || one.Name?.Contains(name, StringComparison.OrdinalIgnoreCase) == true)
                && (state is null || StateOf(one) == state)
                && metadata.All(field => HasMetadata(one, field)));
        return new AgentPage { Items = [.. page.Connections.Select(Describe)], Next = page.Continuation };
    }

    public static Agent Describe(SocketRestConnection connection) => new()
    {
        Id = connection.Id,
        Name = connection.Name,
        Instance = connection.Instance,
        State = StateOf(connection),
        Metadata = connection.Metadata,
        User = connection.User?.Identity?.Name,
        RemoteAddress = connection.RemoteEndPoint?.ToString(),
        ConnectedAt = connection.ConnectedAt,
        RoundTripMs = connection.RoundTripTime is { } roundTrip ? Math.Round(roundTrip.TotalMilliseconds, 3) : null,
        OpenStreams = connection.OpenStreams,
        CallsToAgent = connection.RequestsSent,
        CallsFromAgent = connection.RequestsReceived,
        BytesSent = connection.BytesSent,
        BytesReceived = connection.BytesReceived,
    };

    public static AgentState StateOf(SocketRestConnection connection) =>
        connection.IsDraining ? AgentState.Draining : connection.IsInterrupted ? AgentState.Interrupted : AgentState.Connected;

    private static bool IsMetadata(string parameter) => parameter.StartsWith(MetadataPrefix, StringComparison.Ordinal) && parameter.Length > MetadataPrefix.Length;

    private static bool HasMetadata(SocketRestConnection connection, (string Field, string Value) wanted) =>
        connection.Metadata.ValueKind == JsonValueKind.Object && connection.Metadata.TryGetProperty(wanted.Field, out JsonElement element)
        && string.Equals(element.ValueKind == JsonValueKind.String ? element.GetString() : element.GetRawText(), wanted.Value, StringComparison.Ordinal);
}
