using System.Collections.Concurrent;
using SocketRest.Multiplexing;

namespace SocketRest.AspNetCore.Hub;

/// <summary>The connections that have a name, by that name without regard to case. Looking one up takes no lock: every call by name does.</summary>
internal sealed class AgentNames
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, AgentGroup> _groups = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, AgentGroup>.AlternateLookup<ReadOnlySpan<char>> _bySpan;

    public AgentNames() => _bySpan = _groups.GetAlternateLookup<ReadOnlySpan<char>>();

    public static SocketRestException Unknown(string name) =>
        new(SocketRestErrorCode.UnknownAgent, $"Nobody named '{name}' is connected. The request was not sent.");

    public AgentGroup? Find(string name) => _groups.GetValueOrDefault(name);

    public AgentGroup? Find(ReadOnlySpan<char> name) => _bySpan.TryGetValue(name, out AgentGroup? group) ? group : null;

    /// <summary>The connection for a call to that name.</summary>
    /// <exception cref="SocketRestException">Nobody of that name takes calls. The call was not sent.</exception>
    public TunnelConnection Get(string name)
    {
        AgentGroup? group = Find(name);
        if (group?.Choose() is { } connection)
        {
            return connection.PeerServes
                ? connection.Tunnel
                : throw new SocketRestException(SocketRestErrorCode.NotServed, $"'{name}' is connected but answers no requests. The request was not sent.");
        }

        // One that is being drained is still somebody; one that has ended is on its way out of here.
        SocketRestException? leaves = group?.Members.Where(one => !one.Tunnel.IsEnded).Select(one => one.Tunnel.Slots.ClosedFor).FirstOrDefault(reason => reason is not null);
        throw leaves?.For(RequestOutcome.NotSent) ?? Unknown(name);
    }

    /// <summary>Another connection of the same name for a call that none of these took, or null.</summary>
    public TunnelConnection? GetNext(IReadOnlyList<TunnelConnection> tried) =>
        tried[0].Identity.Name is { } name ? Find(name)?.ChooseServing(tried) : null;

    /// <summary>Adds the connection, if it has a name, and gives all that had its name before.</summary>
    public SocketRestConnection[] Add(SocketRestConnection connection)
    {
        if (connection.Name is not { } name)
        {
            return [];
        }

        lock (_lock)
        {
            AgentGroup group = _groups.GetOrAdd(name, static (name, names) => new AgentGroup(name, names), this);
            SocketRestConnection[] before = group.Members;
            group.Members = [.. before, connection];
            return before;
        }
    }

    public void Remove(SocketRestConnection connection)
    {
        if (connection.Name is not { } name)
        {
            return;
        }

        lock (_lock)
        {
            if (_groups.TryGetValue(name, out AgentGroup? group))
            {
                group.Members = [.. group.Members.Where(one => one != connection)];
                if (group.Members.Length == 0)
                {
                    _groups.TryRemove(name, out _);
                }
            }
        }
    }
}
