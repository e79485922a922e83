using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>
/// One address in front of several hubs: each new connection goes to the next of them that takes it. One that refuses the connection or answers the
/// upgrade with 503 is passed over.
/// </summary>
internal sealed class LoadBalancer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int[] _ports;
    private readonly Task _accepting;
    private int _next;
    private int _passedOver;

    public LoadBalancer(params int[] ports)
    {
        _ports = ports;
        _listener.Start();
        Tunnel = new Uri($"ws://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/tunnel");
        _accepting = AcceptAsync();
    }

    public Uri Tunnel { get; }

    /// <summary>How often a hub was passed over.</summary>
    public int PassedOver => Volatile.Read(ref _passedOver);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                NetworkStream near = client.GetStream();
                byte[] request = await ReadHeadAsync(near);
                for (int attempt = 0; attempt < _ports.Length; attempt++)
                {
                    int port = _ports[(int)((uint)Interlocked.Increment(ref _next) % (uint)_ports.Length)];
                    if (await TryServeAsync(near, request, port))
                    {
                        return;
                    }

                    Interlocked.Increment(ref _passedOver);
                }
            }
            catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
            {
                // One end is gone, and so is the other with it.
            }
        }
    }

    private async Task<bool> TryServeAsync(NetworkStream near, byte[] request, int port)
    {
        using var hub = new TcpClient { NoDelay = true };
        NetworkStream far;
        byte[] answer;
        try
        {
            await hub.ConnectAsync(IPAddress.Loopback, port, _stop.Token);
            far = hub.GetStream();
            await far.WriteAsync(request, _stop.Token);
            answer = await ReadHeadAsync(far);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            return false;
        }

        if (Encoding.ASCII.GetString(answer).Contains(" 503 ", StringComparison.Ordinal))
        {
            return false;
        }

        await near.WriteAsync(answer, _stop.Token);
        await Task.WhenAny(near.CopyToAsync(far, _stop.Token), far.CopyToAsync(near, _stop.Token));
        return true;
    }

    /// <summary>Up to the empty line, and whatever came with it.</summary>
    private async Task<byte[]> ReadHeadAsync(NetworkStream stream)
    {
        byte[] buffer = new byte[16 * 1024];
        int length = 0;
        while (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            int count = await stream.ReadAsync(buffer.AsMemory(length), _stop.Token);
            length += count > 0 ? count : throw new IOException("The head was cut short.");
        }

        return buffer[..length];
    }
}
