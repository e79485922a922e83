using System.Net.WebSockets;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using SocketRest.Http;
using SocketRest.Multiplexing;
using SocketRest.Tests.Dialogues;
using SocketRest.Transport;

namespace SocketRest.Tests.Serving;

/// <summary>An accepting side without ASP.NET: each dial is a WebSocket in memory, and its handshake runs beside it.</summary>
internal sealed class InMemoryListener(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>>? handler = null) : IAsyncDisposable
{
    private readonly Channel<SocketRestConnection> _accepted = Channel.CreateUnbounded<SocketRestConnection>();
    private readonly List<SocketRestConnection> _all = [];
    private int _dials;

    /// <summary>The clock of this side's connections.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    public int Dials => Volatile.Read(ref _dials);

    /// <summary>This side of the next connection.</summary>
    public Task<SocketRestConnection> NextAsync() => _accepted.Reader.ReadAsync().InTime();

    /// <summary>What goes into <see cref="SocketRestClientOptions.WebSocketFactory"/>.</summary>
    public Task<WebSocket> ConnectAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Interlocked.Increment(ref _dials);
        (WebSocket dialling, WebSocket accepting) = InMemorySocket.CreatePair();
        _ = AcceptAsync(accepting);
        return Task.FromResult(dialling);
    }

    public SocketRestClientOptions Options(Action<SocketRestClientOptions>? configure = null)
    {
        var options = new SocketRestClientOptions { WebSocketFactory = ConnectAsync };
        configure?.Invoke(options);
        return options;
    }

    public async ValueTask DisposeAsync()
    {
        SocketRestConnection[] all;
        lock (_all)
        {
            all = [.. _all];
        }

        await Task.WhenAll(all.Select(connection => connection.CloseAsync())).InTime();
    }

    private async Task AcceptAsync(WebSocket socket)
    {
        IStreamServer? server = handler is null ? null : new DelegateServer(handler, NullLogger.Instance);
        TunnelConnection connection = await new Handshake(new WebSocketTransport(socket), new SocketRestOptions { TimeProvider = Time }, server, NullLogger.Instance)
            .AcceptAsync(new ConnectionIdentity { Id = Handshake.NewConnectionId() }, CancellationToken.None)
            .ConnectionAsync();
        lock (_all)
        {
            _all.Add(connection.Public);
        }

        _accepted.Writer.TryWrite(connection.Public);
    }
}
