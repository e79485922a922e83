using System.Net;
using System.Net.Sockets;

namespace SocketRest.Faults;

/// <summary>
/// A TCP proxy on loopback that harms what passes, as a network does: without a word to either end. It never changes or reorders bytes. Its buffers
/// are bounded by <see cref="LineQuality.Capacity"/>.
/// </summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Dictionary<FaultConnection, Task> _connections = [];
    private readonly Queue<(Way Way, ArmedCut Cut)> _armed = [];
    private readonly Task _accepting;
    private volatile int _targetPort;
    private volatile bool _refuses;
    private int _accepted;
    private int _cuts;
    private long _toTarget;
    private long _fromTarget;

    /// <summary>Listens on a free port and hands on to the port of an address.</summary>
    public FaultProxy(Uri target)
    {
        _targetPort = target.Port;
        _listener.Start();
        Address = new UriBuilder(target) { Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri;
        _accepting = AcceptAsync();
    }

    /// <summary>The target's address by way of this proxy.</summary>
    public Uri Address { get; }

    public LineQuality ToTarget { get; } = new();

    public LineQuality FromTarget { get; } = new();

    /// <summary>Whether new connections are reset at once.</summary>
    public bool Refuses
    {
        get => _refuses;
        set => _refuses = value;
    }

    /// <summary>Connections that were accepted, those that were refused not among them.</summary>
    public int Connections => Volatile.Read(ref _accepted);

    /// <summary>Connections that were cut.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    /// <summary>Connections that are there at the moment.</summary>
    public int Live
    {
        get
        {
            lock (_lock)
            {
                return _connections.Keys.Count(connection => !connection.IsCut);
            }
        }
    }

    /// <summary>Bytes that all connections together have handed on.</summary>
    public long Carried(Way way)
    {
        lock (_lock)
        {
            return (way.HasFlag(Way.ToTarget) ? _toTarget + _connections.Keys.Sum(connection => connection.ToTarget.Carried) : 0)
                + (way.HasFlag(Way.FromTarget) ? _fromTarget + _connections.Keys.Sum(connection => connection.FromTarget.Carried) : 0);
        }
    }

    /// <summary>Sends new connections elsewhere.</summary>
    public void Retarget(Uri target) => _targetPort = target.Port;

    /// <summary>Cuts every connection that there is.</summary>
    /// <returns>How many that were.</returns>
    public int Cut(CutKind kind)
    {
        var before = Cuts;
        ForAll(connection => connection.Cut(kind));
        return Cuts - before;
    }

    /// <summary>Takes everything that comes that way and hands on nothing, on every connection that there is; new ones are well.</summary>
    public void Swallow(Way way) => ForLines(way, line => line.Swallow());

    /// <summary>Takes nothing more that way, on every connection that there is.</summary>
    public void Hold(Way way) => ForLines(way, line => line.Hold());

    /// <summary>Whether a connection is there that has handed on more than so many bytes each way.</summary>
    public bool HasCarried(long bytes)
    {
        lock (_lock)
        {
            return _connections.Keys.Any(connection => !connection.IsCut && connection.ToTarget.Carried > bytes && connection.FromTarget.Carried > bytes);
        }
    }

    /// <summary>Lets exactly so many bytes more pass that way and cuts, the newest of the connections that there are.</summary>
    /// <returns>True once it is cut, false if it ended before or there is none.</returns>
    /// <remarks>Of the bytes before a reset the receiver loses what it had no room for yet.</remarks>
    public Task<bool> CutAfter(Way way, long bytes, CutKind kind)
    {
        var cut = new ArmedCut(bytes, kind);
        FaultConnection? connection;
        lock (_lock)
        {
            connection = _connections.Keys.Where(one => !one.IsCut).MaxBy(one => one.Number);
        }

        if (connection is null)
        {
            cut.Complete(fallen: false);
        }
        else
        {
            Arm(connection, way, cut);
        }

        return cut.Fallen;
    }

    /// <summary>Lets the next connection carry exactly so many bytes that way and cuts it. Several of these hold for one connection each.</summary>
    /// <returns>True once it is cut, false if it ended before.</returns>
    public Task<bool> CutNextAfter(Way way, long bytes, CutKind kind)
    {
        var cut = new ArmedCut(bytes, kind);
        lock (_lock)
        {
            _armed.Enqueue((way, cut));
        }

        return cut.Fallen;
    }

    /// <summary>Forgets what was armed for connections that have not come.</summary>
    public void Disarm()
    {
        lock (_lock)
        {
            while (_armed.TryDequeue(out var armed))
            {
                armed.Cut.Complete(fallen: false);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        Task[] running;
        lock (_lock)
        {
            // The last one was accepted: no more are added.
            running = [.. _connections.Values];
        }

        ForAll(connection => connection.Abort());
        Disarm();
        await Task.WhenAll(running);
    }

    private static void Arm(FaultConnection connection, Way way, ArmedCut cut) =>
        (way == Way.ToTarget ? connection.ToTarget : connection.FromTarget).Arm(cut);

    private void ForLines(Way way, Action<FaultLine> action) => ForAll(connection =>
    {
        if (way.HasFlag(Way.ToTarget))
        {
            action(connection.ToTarget);
        }

        if (way.HasFlag(Way.FromTarget))
        {
            action(connection.FromTarget);
        }
    });

    private void ForAll(Action<FaultConnection> action)
    {
        FaultConnection[] all;
        lock (_lock)
        {
            all = [.. _connections.Keys];
        }

        Array.ForEach(all, action);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket near;
            try
            {
                near = await _listener.AcceptSocketAsync();
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // It listens no more.
                return;
            }

            if (_refuses)
            {
                near.Close(0);
                continue;
            }

            Begin(near, new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        }
    }

    private void Begin(Socket near, Socket far)
    {
        var connection = new FaultConnection(Interlocked.Increment(ref _accepted), near, far, ToTarget, FromTarget, () => Interlocked.Increment(ref _cuts));
        (Way Way, ArmedCut? Cut) armed = default;
        lock (_lock)
        {
            if (_armed.TryDequeue(out var next))
            {
                armed = next;
            }
        }

        if (armed.Cut is not null)
        {
            Arm(connection, armed.Way, armed.Cut);
        }

        // Before the target sees it: whoever waits for that finds it here.
        lock (_lock)
        {
            _connections.Add(connection, RunAsync(connection));
        }
    }

    private async Task RunAsync(FaultConnection connection)
    {
        // Not under the lock.
        await Task.Yield();
        await connection.RunAsync(_targetPort);
        lock (_lock)
        {
            _connections.Remove(connection);
            _toTarget += connection.ToTarget.Carried;
            _fromTarget += connection.FromTarget.Carried;
        }

        connection.Dispose();
    }
}
