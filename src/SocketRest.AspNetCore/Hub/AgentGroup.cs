using SocketRest.Http;
using SocketRest.Multiplexing;

namespace SocketRest.AspNetCore.Hub;

/// <summary>The connections of one name, and which of them is to have the next call.</summary>
internal sealed class AgentGroup(string name, AgentNames names) : IConnectionSource
{
    /// <summary>What makes a call wait or fail outweighs any number of calls in flight.</summary>
    private const long Busy = 1L << 32;

    private const long Interrupted = Busy << 1;

    private const long ServesNothing = Interrupted << 1;

    private volatile SocketRestConnection[] _members = [];
    private SocketRestHandler? _handler;
    private int _turn;

    public bool HasOthers => true;

    /// <summary>All of them, whatever their state. Replaced whenever one comes or goes.</summary>
    public SocketRestConnection[] Members
    {
        get => _members;
        set => _members = value;
    }

    /// <summary>Sends requests as they are to an agent of this name, whatever their addresses say. Made for the first of them: most agents are never called this way.</summary>
    public SocketRestHandler Handler => Volatile.Read(ref _handler) ?? MakeHandler();

    /// <summary>
    /// The one with the fewest calls in flight, each in turn where several have as few; null where none takes any. One that is interrupted, or has no stream
    /// left, or serves nothing, comes after all others.
    /// </summary>
    public SocketRestConnection? Choose(IReadOnlyList<TunnelConnection>? passedOver = null)
    {
        SocketRestConnection[] members = _members;
        uint turn = members.Length > 1 ? (uint)Interlocked.Increment(ref _turn) : 0;
        SocketRestConnection? best = null;
        long least = long.MaxValue;
        for (int i = 0; i < members.Length; i++)
        {
            SocketRestConnection one = members[(turn + (uint)i) % (uint)members.Length];
            if (!one.Tunnel.IsUsable || passedOver?.Contains(one.Tunnel) == true)
            {
                continue;
            }

            if (members.Length == 1)
            {
                return one;
            }

            long cost = CostOf(one.Tunnel);
            if (cost < least)
            {
                (best, least) = (one, cost);
            }
        }

        return best;
    }

    /// <summary>The connection for a call that is to be answered, if there is one.</summary>
    public TunnelConnection? ChooseServing(IReadOnlyList<TunnelConnection>? passedOver = null) =>
        Choose(passedOver) is { PeerServes: true } connection ? connection.Tunnel : null;

    public TunnelConnection? CurrentFor(HttpRequestMessage request) => ChooseServing();

    public ValueTask<TunnelConnection> GetAsync(HttpRequestMessage request, CancellationToken cancellationToken) => new(names.Get(name));

    public ValueTask<TunnelConnection?> GetNextAsync(IReadOnlyList<TunnelConnection> tried, CancellationToken cancellationToken) => new(names.GetNext(tried));

    private SocketRestHandler MakeHandler() =>
        LazyInitializer.EnsureInitialized(ref _handler, () => new SocketRestHandler(this) { AllowAutoRedirect = false, UseCookies = false });

    private static long CostOf(TunnelConnection connection) =>
        connection.Slots.InFlight
            + (connection.Slots.IsFull ? Busy : 0)
            + (connection.IsInterrupted ? Interrupted : 0)
            + (connection.Identity.PeerServes ? 0 : ServesNothing);
}
