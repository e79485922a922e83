using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;

namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>Plays cases over loopback TCP: against the hub on Kestrel, and against a client that dials.</summary>
internal sealed class SocketRunner : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(2);

    private readonly FuzzHost _host;
    private readonly FuzzTally _tally;
    private readonly Func<long, string> _name;
    private readonly ConcurrentQueue<SocketRestConnection> _accepted = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public SocketRunner(FuzzHost host, FuzzTally tally, Func<long, string> name)
    {
        _host = host;
        _tally = tally;
        _name = name;
        host.Connected = _accepted.Enqueue;
        _listener.Start();
    }

    public async Task RunAsync(FuzzCase script)
    {
        var limit = Task.Delay(s_limit);
        var run = script.Dials ? DialAsync(script) : AcceptAsync(script);
        if (await Task.WhenAny(run, limit) == limit)
        {
            _tally.NoteHang($"{_name(script.Number)}: it did not end over sockets.");
            return;
        }

        var end = SocketRestErrorCode.None;
        var established = false;
        try
        {
            (established, end) = await run;
        }
        catch (Exception exception)
        {
            _tally.NoteCrash($"{_name(script.Number)}: {exception}");
        }

        while (_accepted.TryDequeue(out var connection))
        {
            established = true;
            await connection.Completion.WaitAsync(s_limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!connection.Completion.IsCompleted)
            {
                _tally.NoteHang($"{_name(script.Number)}: the hub's connection did not end.");
                continue;
            }

            await Remains.CheckAsync(connection.Tunnel, s_limit, _tally, _name(script.Number));
            end = connection.Tunnel.EndReason!.ErrorCode;
        }

        _tally.NoteCase(established, end);
    }

    public ValueTask DisposeAsync()
    {
        _host.Connected = null;
        _listener.Dispose();
        return default;
    }

    private async Task<(bool Established, SocketRestErrorCode End)> AcceptAsync(FuzzCase script)
    {
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("socketrest.v1");
        await socket.ConnectAsync(_host.Tunnel, CancellationToken.None);
        await PlayAsync(socket, script);
        return (false, SocketRestErrorCode.HandshakeRefused);
    }

    private async Task<(bool Established, SocketRestErrorCode End)> DialAsync(FuzzCase script)
    {
        var (dialling, accepting) = await ConnectPairAsync();
        var given = false;
        using var peer = accepting;
        var playing = PlayAsync(peer, script);
        try
        {
            await using var client = await SocketRestClient.ConnectAsync(new SocketRestClientOptions
            {
                Uri = _host.Tunnel,
                MaxConcurrentStreams = 8,
                InitialStreamWindow = 4096,
                MaxOverheadFramesPerSecond = 200,
                RequestHandler = FuzzHost.AnswerAsync,
                WebSocketFactory = _ => Interlocked.Exchange(ref given, true)
                    ? Task.FromException<WebSocket>(new WebSocketException(WebSocketError.Faulted))
                    : Task.FromResult(dialling),
            });
            var connection = client.Connection;
            if (connection is null)
            {
                await playing;
                return (true, SocketRestErrorCode.ConnectionLost);
            }

            // Not the client's handler, which would dial again.
            using var invoker = new HttpMessageInvoker(connection.CreateHandler());
            await Calls.PlayAsync(invoker, script.Calls, forgiving: true, connection.Completion);
            await playing;
            await connection.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Remains.CheckAsync(connection.Tunnel, s_limit, _tally, _name(script.Number));
            return (true, connection.Tunnel.EndReason!.ErrorCode);
        }
        catch (SocketRestException exception)
        {
            await playing;
            return (false, exception.ErrorCode);
        }
    }

    /// <summary>Sends what the case says and takes what comes, until the other side closes or has nothing more to say.</summary>
    private static async Task PlayAsync(WebSocket socket, FuzzCase script)
    {
        var reading = ReadAsync(socket);
        try
        {
            var gate = 0;
            foreach (var chunk in script.Chunks)
            {
                if (chunk.Gate > gate)
                {
                    gate = chunk.Gate;
                    await Task.WhenAny(reading, Task.Delay(s_pause));
                }

                await socket.SendAsync(chunk.Bytes, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
            }

            if (script.Ending == Ending.ClosesLate)
            {
                await Task.WhenAny(reading, Task.Delay(s_pause));
            }

            if (script.Ending == Ending.IsLost)
            {
                socket.Abort();
            }
            else
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
            }
        }
        catch (Exception exception) when (IsOver(exception))
        {
        }

        await reading;
    }

    private static async Task ReadAsync(WebSocket socket)
    {
        var buffer = new byte[4096];
        try
        {
            while ((await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None)).MessageType != WebSocketMessageType.Close)
            {
            }

            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        catch (Exception exception) when (IsOver(exception))
        {
        }
    }

    private static bool IsOver(Exception exception) =>
        exception is WebSocketException or IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException;

    private async Task<(WebSocket Dialling, WebSocket Accepting)> ConnectPairAsync()
    {
        var dialling = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var accept = _listener.AcceptSocketAsync();
        await dialling.ConnectAsync(_listener.LocalEndpoint);
        var accepting = await accept;
        accepting.NoDelay = true;
        return (
            WebSocket.CreateFromStream(new NetworkStream(dialling, ownsSocket: true), new WebSocketCreationOptions { IsServer = false }),
            WebSocket.CreateFromStream(new NetworkStream(accepting, ownsSocket: true), new WebSocketCreationOptions { IsServer = true }));
    }
}
