using System.Net;
using System.Net.Sockets;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>A TCP cable between the two ends that a test can cut, block or slow down, as a network does: without a word to either.</summary>
internal sealed class Wire : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _sockets = [];
    private readonly Uri _target;
    private readonly Task _accepting;
    private readonly TaskCompletionSource _never = new();
    private volatile bool _swallows;
    private volatile bool _holdsAnswers;

    public Wire(Uri target)
    {
        _target = target;
        _listener.Start();
        Address = new UriBuilder(target) { Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri;
        _accepting = AcceptAsync();
    }

    /// <summary>The target's address by way of this cable.</summary>
    public Uri Address { get; }

    /// <summary>What each direction carries, or null for all it can.</summary>
    public int? BytesPerSecond { get; init; }

    /// <summary>Takes everything from both ends and hands on nothing.</summary>
    public void Swallow() => _swallows = true;

    /// <summary>Takes nothing more from the target.</summary>
    public void HoldAnswers() => _holdsAnswers = true;

    /// <summary>Cuts every connection: both ends see a reset.</summary>
    public void Cut()
    {
        lock (_sockets)
        {
            foreach (Socket socket in _sockets)
            {
                socket.Close(0);
            }

            _sockets.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        Cut();
        await _accepting.InTime();
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
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return;
            }

            var far = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            near.NoDelay = true;
            try
            {
                await far.ConnectAsync(IPAddress.Loopback, _target.Port);
            }
            catch (SocketException)
            {
                // Nobody is there, and who dialled hears of it.
                near.Close(0);
                continue;
            }

            lock (_sockets)
            {
                _sockets.Add(near);
                _sockets.Add(far);
            }

            _ = CopyAsync(near, far, answers: false);
            _ = CopyAsync(far, near, answers: true);
        }
    }

    private async Task CopyAsync(Socket from, Socket to, bool answers)
    {
        var buffer = new byte[BytesPerSecond / 10 ?? 64 * 1024];
        try
        {
            int count;
            while ((count = await from.ReceiveAsync(buffer)) > 0)
            {
                if (_holdsAnswers && answers)
                {
                    await _never.Task;
                }

                for (int sent = _swallows ? count : 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
                }

                if (BytesPerSecond is not null)
                {
                    await Task.Delay(100);
                }
            }

            if (!_swallows)
            {
                to.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }
}
