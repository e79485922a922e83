using System.Net;
using System.Net.Sockets;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.Faults;

namespace SocketRest.AspNetCore.Tests.Faults;

/// <summary>A listener behind a proxy, and the two ends of what is connected through it.</summary>
internal sealed class TcpPair : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _sockets = [];

    public TcpPair()
    {
        _listener.Start();
        Proxy = new FaultProxy(new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/path"));
    }

    public FaultProxy Proxy { get; }

    public async Task<(Socket Near, Socket Far)> ConnectAsync()
    {
        var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _sockets.Add(near);
        await near.ConnectAsync(IPAddress.Loopback, Proxy.Address.Port).InTime();
        Socket far = await _listener.AcceptSocketAsync().InTime();
        _sockets.Add(far);
        return (near, far);
    }

    /// <summary>The end that sends and the one that receives.</summary>
    public async Task<(Socket From, Socket To)> ConnectAsync(Way way)
    {
        (Socket near, Socket far) = await ConnectAsync();
        return way == Way.ToTarget ? (near, far) : (far, near);
    }

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync().InTime();
        _listener.Stop();
        _sockets.ForEach(socket => socket.Dispose());
    }
}
