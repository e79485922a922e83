using System.Net.WebSockets;
using System.Text;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;
using SocketRest.Protocol;

namespace SocketRest.AspNetCore.Tests.Hub;

/// <summary>An agent played by hand that says it serves, and answers each request with a RESET as soon as all of it is there.</summary>
internal sealed class RefusingAgent : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly SocketRestErrorCode _code;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _length;
    private int _asked;
    private Task _running = Task.CompletedTask;

    private RefusingAgent(SocketRestErrorCode code) => _code = code;

    /// <summary>The hub's side.</summary>
    public SocketRestConnection Accepted { get; private set; } = null!;

    /// <summary>How many requests have come.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public static async Task<RefusingAgent> ConnectAsync(TestHub hub, string name, SocketRestErrorCode code = SocketRestErrorCode.RefusedStream)
    {
        var agent = new RefusingAgent(code);
        agent._socket.Options.AddSubProtocol(SubProtocol.Name);
        await agent._socket.ConnectAsync(new UriBuilder(hub.Tunnel) { Scheme = "ws" }.Uri, default).InTime();
        string instance = Guid.NewGuid().ToString();
        await agent.SendAsync(FrameType.Hello, 0, Encoding.UTF8.GetBytes($$"""{"versions":[1],"name":"{{name}}","instance":"{{instance}}","settings":{},"serves":true}"""));
        Assert.Equal(FrameType.Welcome, (await agent.ReceiveAsync().InTime()).Type);
        await agent.SendAsync(FrameType.Ready, 0, "{}"u8.ToArray());
        agent.Accepted = await hub.Registry.WaitForAsync(connection => connection.Instance == instance).InTime();
        agent._running = agent.RunAsync();
        return agent;
    }

    /// <summary>Is gone without a word, and does not come back.</summary>
    public async Task VanishAsync()
    {
        _socket.Abort();
        await _running.InTime();
    }

    public async ValueTask DisposeAsync()
    {
        await VanishAsync();
        _socket.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                FrameHeader frame = await ReceiveAsync();
                if (frame.StreamId != 0 && frame.EndStream)
                {
                    Interlocked.Increment(ref _asked);
                    await SendAsync(FrameType.Reset, frame.StreamId, [0, 0, 0, (byte)_code]);
                }
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The hub closed the connection, or the test has seen enough.
        }
    }

    private Task SendAsync(FrameType type, uint stream, byte[] payload)
    {
        var frame = new byte[FrameHeader.Size + payload.Length];
        FramePayload.WriteFrame(frame, type, FrameFlags.None, stream, payload);
        return _socket.SendAsync(frame, WebSocketMessageType.Binary, endOfMessage: true, default);
    }

    private async Task<FrameHeader> ReceiveAsync()
    {
        while (true)
        {
            if (_length >= FrameHeader.Size)
            {
                FrameHeader header = FrameHeader.Read(_buffer);
                int size = FrameHeader.Size + header.Length;
                if (_length >= size)
                {
                    _buffer.AsSpan(size, _length - size).CopyTo(_buffer);
                    _length -= size;
                    return header;
                }
            }

            ValueWebSocketReceiveResult received = await _socket.ReceiveAsync(_buffer.AsMemory(_length), default);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                throw new WebSocketException("The hub closed the WebSocket.");
            }

            _length += received.Count;
        }
    }
}
