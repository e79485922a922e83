using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using SocketRest.AspNetCore.Hub;
using SocketRest.Diagnostics;

namespace SocketRest.AspNetCore;

/// <summary>Who is connected to the tunnels that this application accepts. Safe to use from several threads.</summary>
public sealed class SocketRestConnectionRegistry
{
    private const int MaxPageSize = 1_000;

    private readonly ConcurrentDictionary<string, SocketRestConnection> _byId = new(StringComparer.Ordinal);
    private TaskCompletionSource _added = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// What happens to connections from the moment at which one begins to enumerate; those of one connection in order. Any number may read, each on its own
    /// and as slowly as it likes: 1,024 events are kept for each, then the oldest are dropped and the next one says how many were
    /// (<see cref="SocketRestConnectionEvent.Missed"/>). Ends when the host has stopped.
    /// </summary>
    public IAsyncEnumerable<SocketRestConnectionEvent> Events => Broadcaster;

    internal EventBroadcaster<SocketRestConnectionEvent> Broadcaster { get; } = new(static (one, missed) => one with { Missed = missed });

    internal AgentNames Names { get; } = new();

    /// <summary>A copy of the connections at this moment, in no particular order. Those that are being drained are among them.</summary>
    public IReadOnlyCollection<SocketRestConnection> Connections => [.. _byId.Values];

    /// <summary>
    /// The connection of that name that takes requests, as <see cref="TryGetByName"/> chooses it. Names are compared without regard to case, and are
    /// the dialling side's own word: look at <see cref="SocketRestConnection.User"/> where it matters who that is.
    /// </summary>
    /// <param name="name">The name that the dialling side gave.</param>
    /// <exception cref="SocketRestException">Nobody of that name is connected (<see cref="SocketRestErrorCode.UnknownAgent"/>).</exception>
    public SocketRestConnection this[string name] => TryGetByName(name, out SocketRestConnection? connection)
        ? connection
        : throw AgentNames.Unknown(name);

    /// <summary>Finds a connection by the ID that it was assigned.</summary>
    /// <param name="id">The connection ID.</param>
    /// <param name="connection">The connection, if there is one.</param>
    public bool TryGetById(string id, [NotNullWhen(true)] out SocketRestConnection? connection) => _byId.TryGetValue(id, out connection);

    /// <summary>
    /// Finds a connection by name that takes requests: of several the one with the fewest calls of this side in flight. One that is interrupted, has no stream
    /// left or answers no requests comes after all others; one that is being drained is not found.
    /// </summary>
    /// <param name="name">The name that the dialling side gave. Compared without regard to case.</param>
    /// <param name="connection">The connection, if there is one.</param>
    public bool TryGetByName(string name, [NotNullWhen(true)] out SocketRestConnection? connection)
    {
        ArgumentNullException.ThrowIfNull(name);
        connection = Names.Find(name)?.Choose();
        return connection is not null;
    }

    /// <summary>All connections of that name, those that are being drained among them. Empty if there are none.</summary>
    /// <param name="name">The name that the dialling side gave. Compared without regard to case.</param>
    public IReadOnlyList<SocketRestConnection> FindByName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Names.Find(name) is { } group ? [.. group.Members] : [];
    }

    /// <summary>
    /// A handler for which the host of a request's address is the name of the agent that is to answer it: <c>http://kiln-7/pets</c>. The connection is chosen anew for
    /// each request, as <see cref="TryGetByName"/> does; disposing the handler closes none. A request that one connection did not take, of whose content nothing was read
    /// (<see cref="RequestOutcome.NotSent"/>), goes to the next of the same name, to each once at most. Where nobody of that name is connected it
    /// fails at once (<see cref="SocketRestErrorCode.UnknownAgent"/>).
    /// </summary>
    /// <remarks>
    /// A host is compared without regard to case; port and user information choose nothing. A name can be a host if <see cref="Uri"/> takes it as one and leaves it as it is:
    /// letters, digits, hyphens, underscores, and dots between them, but no number alone, which is an IPv4 address. For any other name there is
    /// <see cref="TryGetByName"/> and <see cref="SocketRestConnection.CreateHandler"/>.
    /// </remarks>
    public SocketRestHandler CreateHandler() => new(new AgentHosts(Names));

    /// <summary>Waits until a connection with that ID is here. The dialling side knows its ID a moment before this side has heard its last word.</summary>
    /// <param name="id">The connection ID.</param>
    /// <param name="cancellationToken">Ends the wait, which has no other limit.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public Task<SocketRestConnection> WaitForAsync(string id, CancellationToken cancellationToken = default) =>
        WaitForAsync(connection => connection.Id == id, cancellationToken);

    /// <summary>Waits until a connection is here that fits.</summary>
    /// <param name="condition">What fits. Asked of every connection, again with each that comes.</param>
    /// <param name="cancellationToken">Ends the wait, which has no other limit.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async Task<SocketRestConnection> WaitForAsync(Func<SocketRestConnection, bool> condition, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(condition);
        while (true)
        {
            Task added = Volatile.Read(ref _added).Task;
            if (_byId.Values.FirstOrDefault(condition) is { } connection)
            {
                return connection;
            }

            await added.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The connections whose metadata has that value in that field.</summary>
    /// <param name="field">A member of the metadata's top level, case and all.</param>
    /// <param name="value">Its value, case and all: the text itself, or what else JSON has as JSON writes it (<c>12</c>, <c>true</c>).</param>
    public IReadOnlyCollection<SocketRestConnection> FindByMetadata(string field, string value) =>
        [.. _byId.Values.Where(one => one.Metadata.TryGetProperty(field, out System.Text.Json.JsonElement element) && Text(element) == value)];

    /// <summary>
    /// A page of the connections, those that have been there longest first, by ID where two came at once. A page begins where the one before it ended, whoever has come or gone
    /// meanwhile: no connection that stays is missed or comes twice.
    /// </summary>
    /// <param name="pageSize">How many at most. Default 100; from 1 to 1,000.</param>
    /// <param name="continuation">What the page before says (<see cref="SocketRestConnectionPage.Continuation"/>), or <see langword="null"/> for the first.</param>
    /// <param name="condition">Which connections to list. Default: all. Asked of those that lie ahead, with each page anew.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="pageSize"/> is less than 1 or more than 1,000.</exception>
    /// <exception cref="ArgumentException"><paramref name="continuation"/> comes from no page.</exception>
    public SocketRestConnectionPage List(int pageSize = 100, string? continuation = null, Func<SocketRestConnection, bool>? condition = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pageSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pageSize, MaxPageSize);
        ConnectionOrder after = default;
        if (continuation is not null && !ConnectionOrder.TryParse(continuation, out after))
        {
            throw new ArgumentException("This continuation comes from no page.", nameof(continuation));
        }

        // One more than asked for tells whether there is a next page.
        SocketRestConnection[] found = [.. _byId
            .Select(entry => (Order: ConnectionOrder.Of(entry.Value), Connection: entry.Value))
            .Where(one => (continuation is null || one.Order.CompareTo(after) > 0) && condition?.Invoke(one.Connection) != false)
            .OrderBy(one => one.Order)
            .Take(pageSize + 1)
            .Select(one => one.Connection)];
        return found.Length > pageSize
            ? new(found[..pageSize], ConnectionOrder.Of(found[pageSize - 1]).ToString())
            : new(found, null);
    }

    /// <summary>Whether an agent of that name could be sent a request just now, and if not, why.</summary>
    internal AgentPresence PresenceOf(string name)
    {
        var presence = AgentPresence.Unknown;
        foreach (SocketRestConnection one in Names.Find(name)?.Members ?? [])
        {
            AgentPresence next = one.Tunnel.IsEnded ? AgentPresence.Unknown
                : !one.Tunnel.IsUsable ? AgentPresence.Draining
                : one.IsInterrupted ? AgentPresence.Interrupted
                : AgentPresence.Ready;
            presence = next > presence ? next : presence;
        }

        return presence;
    }

    /// <summary>Adds the connection and returns those that it replaces: same name, same instance, same user.</summary>
    internal IReadOnlyList<SocketRestConnection> Add(SocketRestConnection connection)
    {
        // All of them: one that was replaced before may still be saying goodbye, in front of the one to replace now.
        SocketRestConnection[] replaced = Array.FindAll(
            Names.Add(connection), one => one.Instance == connection.Instance && UserIdentity.IsUnchanged(one.User, connection.User));
        _byId[connection.Id] = connection;
        Interlocked.Exchange(ref _added, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        return replaced;
    }

    internal void Remove(SocketRestConnection connection)
    {
        _byId.TryRemove(connection.Id, out _);
        Names.Remove(connection);
    }

    private static string? Text(System.Text.Json.JsonElement element) =>
        element.ValueKind == System.Text.Json.JsonValueKind.String ? element.GetString() : element.GetRawText();
}
