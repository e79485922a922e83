using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
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

    /// <summary>Those that fit, from the cursor on: by when they connected, then by ID, so that those that come and go meanwhile neither hide nor repeat others.</summary>
    public AgentPage Find(string? name, AgentState? state, IQueryCollection query, (long Ticks, string Id)? after, int limit)
    {
        (string Field, string Value)[] metadata =
            [.. query.Where(one => IsMetadata(one.Key)).SelectMany(one => one.Value, (one, value) => (one.Key[MetadataPrefix.Length..], value ?? ""))];
        List<SocketRestConnection> found = [.. registry.Connections
            .Where(one => (after is not { } last || Compare((one.ConnectedAt.UtcTicks, one.Id), last) > 0)
                && (name is null || one.Name?.Contains(name, StringComparison.OrdinalIgnoreCase) == true)
                && (state is null || StateOf(one) == state)
                && metadata.All(field => HasMetadata(one, field)))
            .OrderBy(one => one.ConnectedAt.UtcTicks).ThenBy(one => one.Id, StringComparer.Ordinal)
            .Take(limit + 1)];
        bool more = found.Count > limit;
        return new AgentPage
        {
            Items = [.. found.Take(limit).Select(Describe)],
            Next = more ? Cursor(found[limit - 1]) : null,
        };
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
        RoundTripMs = AgentFigures.RoundTrip(connection) is { } roundTrip ? Math.Round(roundTrip.TotalMilliseconds, 3) : null,
        OpenStreams = connection.OpenStreams,
        CallsToAgent = AgentFigures.CallsTo(connection),
        CallsFromAgent = AgentFigures.CallsFrom(connection),
        BytesSent = AgentFigures.BytesTo(connection),
        BytesReceived = AgentFigures.BytesFrom(connection),
    };

    public static AgentState StateOf(SocketRestConnection connection) =>
        connection.IsDraining ? AgentState.Draining : connection.IsInterrupted ? AgentState.Interrupted : AgentState.Connected;

    /// <summary>Reads what <see cref="AgentPage.Next"/> said.</summary>
    public static bool TryReadCursor(string text, out (long Ticks, string Id) cursor)
    {
        cursor = default;
        if (text.Length > 1024 || !Base64Url.IsValid(text))
        {
            return false;
        }

        string[] parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)).Split('.', 2);
        if (parts.Length != 2 || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long ticks))
        {
            return false;
        }

        cursor = (ticks, parts[1]);
        return true;
    }

    public static bool IsMetadata(string parameter) => parameter.StartsWith(MetadataPrefix, StringComparison.Ordinal) && parameter.Length > MetadataPrefix.Length;

    private static string Cursor(SocketRestConnection last) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{last.ConnectedAt.UtcTicks}.{last.Id}")));

    private static int Compare((long Ticks, string Id) one, (long Ticks, string Id) other) =>
        one.Ticks != other.Ticks ? one.Ticks.CompareTo(other.Ticks) : string.CompareOrdinal(one.Id, other.Id);

    private static bool HasMetadata(SocketRestConnection connection, (string Field, string Value) wanted) =>
        connection.Metadata.ValueKind == JsonValueKind.Object && connection.Metadata.TryGetProperty(wanted.Field, out JsonElement element)
        && string.Equals(element.ValueKind == JsonValueKind.String ? element.GetString() : element.GetRawText(), wanted.Value, StringComparison.Ordinal);
}
