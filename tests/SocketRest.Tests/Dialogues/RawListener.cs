using System.Net.WebSockets;
using System.Threading.Channels;

namespace SocketRest.Tests.Dialogues;

/// <summary>What a real client dials: each socket that it opens comes to a peer played by hand.</summary>
internal sealed class RawListener
{
    private readonly Channel<WebSocket> _opened = Channel.CreateUnbounded<WebSocket>();
    private readonly List<RawPeer> _peers = [];
    private readonly List<SocketRestClient> _clients = [];

    /// <summary>Sockets that the client has opened and that nobody has taken.</summary>
    public int Waiting => _opened.Reader.Count;

    public SocketRestClient CreateClient(TimeProvider time, Action<SocketRestClientOptions>? configure = null)
    {
        var options = new SocketRestClientOptions
        {
            TimeProvider = time,
            HeartbeatInterval = Timeout.InfiniteTimeSpan,
            MaxReconnectDelay = TimeSpan.FromMilliseconds(1),
            WebSocketFactory = _ =>
            {
                (WebSocket dialling, WebSocket accepting) = SocketPair.Create();
                _opened.Writer.TryWrite(accepting);
                return Task.FromResult(dialling);
            },
        };
        configure?.Invoke(options);
        var client = new SocketRestClient(options);
        _clients.Add(client);
        return client;
    }

    public async Task<RawPeer> NextAsync(RawPeer? before = null)
    {
        var peer = new RawPeer(await _opened.Reader.ReadAsync().Soon(), before);
        _peers.Add(peer);
        return peer;
    }

    /// <summary>Nobody is polite at the end of a test: by a clock that stands still a client would wait for that for ever.</summary>
    public async Task EndAsync()
    {
        _peers.ForEach(peer => peer.Vanish());
        foreach (SocketRestClient client in _clients)
        {
            await client.DisposeAsync().Soon();
        }
    }
}
