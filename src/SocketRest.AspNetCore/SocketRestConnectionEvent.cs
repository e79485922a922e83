using System.Text.Json;

namespace SocketRest.AspNetCore;

/// <summary>
/// Something that happened to a connection, for <see cref="SocketRestConnectionRegistry.Events"/> and <see cref="SocketRestServerOptions.OnConnectionEvent"/>.
/// </summary>
public sealed record SocketRestConnectionEvent
{
    internal SocketRestConnectionEvent()
    {
    }

    /// <summary>What happened.</summary>
    public required SocketRestConnectionEventKind Kind { get; init; }

    /// <summary>The connection.</summary>
    public required SocketRestConnection Connection { get; init; }

    /// <summary>When it happened, by <see cref="SocketRestOptions.TimeProvider"/>.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How long there had been the connection by then; zero for <see cref="SocketRestConnectionEventKind.Connected"/>.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Why; <see langword="null"/> when a connection begins or goes on.</summary>
    public SocketRestException? Reason { get; init; }

    /// <summary>How many events this reader missed directly before this one, because it read more slowly than they came.</summary>
    public int Missed { get; init; }

    /// <summary>The connection's ID.</summary>
    public string Id => Connection.Id;

    /// <summary>The name that the dialling side gave, or <see langword="null"/>.</summary>
    public string? Name => Connection.Name;

    /// <summary>What the dialling side says of itself.</summary>
    public JsonElement Metadata => Connection.Metadata;
}
