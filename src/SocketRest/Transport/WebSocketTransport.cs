using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using SocketRest.Protocol;

namespace SocketRest.Transport;

/// <summary>One WebSocket as two streams of bytes. Message boundaries mean nothing (PROTOCOL.md, "Bytes").</summary>
/// <param name="socket">The socket.</param>
/// <param name="cut">Ends what is below the socket where that takes more than to abort it, or null.</param>
internal sealed class WebSocketTransport(WebSocket socket, Action? cut = null) : IDisposable
{
    private static readonly ConditionalWeakTable<Type, StrongBox<bool>> s_frameworks = [];

    /// <summary>
    /// Whether a receive into no memory at all ends when there is something to receive, and takes none of it. The framework's own sockets do that; others may
    /// end at once, or never.
    /// </summary>
    public bool WaitsWithoutMemory { get; } = s_frameworks.GetValue(socket.GetType(), static type => new(IsFrameworks(type))).Value;

    public string? SubProtocol => socket.SubProtocol;

    public WebSocketCloseStatus? CloseStatus => socket.CloseStatus;

    public string? CloseDescription => socket.CloseStatusDescription;

    public ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer) => socket.ReceiveAsync(buffer, CancellationToken.None);

    /// <summary>Returns the bytes received, or -1 when the peer has closed the socket.</summary>
    public static int Interpret(ValueWebSocketReceiveResult result) => result.MessageType switch
    {
        WebSocketMessageType.Binary => result.Count,
        WebSocketMessageType.Close => -1,
        _ => throw NotBinary(),
    };

    /// <summary>The bytes received, or -1 when the peer has closed the socket, or why there are none.</summary>
    public async ValueTask<(int Count, Exception? Failure)> TryReceiveAsync(Memory<byte> buffer)
    {
        Task<ValueWebSocketReceiveResult> receiving;
        try
        {
            receiving = ReceiveAsync(buffer).AsTask();
        }
        catch (Exception exception)
        {
            return (0, exception);
        }

        if (await receiving.FailureAsync().ConfigureAwait(false) is { } failure)
        {
            return (0, failure);
        }

        ValueWebSocketReceiveResult result = await receiving.ConfigureAwait(false);
        return result.MessageType == WebSocketMessageType.Text ? (0, NotBinary()) : (Interpret(result), null);
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> message) =>
        socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);

    /// <summary>Why the message could not be sent, or null.</summary>
    public ValueTask<Exception?> TrySendAsync(ReadOnlyMemory<byte> message)
    {
        try
        {
            ValueTask sending = SendAsync(message);
            return sending.IsCompletedSuccessfully ? default : sending.AsTask().FailureAsync();
        }
        catch (Exception exception)
        {
            return new(exception);
        }
    }

    /// <summary>Sends the close frame without waiting for the peer's.</summary>
    public async Task CloseOutputAsync(WebSocketCloseStatus status, string? description)
    {
        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            await socket.CloseOutputAsync(status, description, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Sends the close frame and waits until the peer has read up to it and closed as well. Nothing may be receiving.</summary>
    public Task CloseAsync(WebSocketCloseStatus status, string? description)
    {
        try
        {
            return socket.State is WebSocketState.Open or WebSocketState.CloseReceived or WebSocketState.CloseSent
                ? socket.CloseAsync(status, description, CancellationToken.None)
                : Task.CompletedTask;
        }
        catch (Exception exception)
        {
            return Task.FromException(exception);
        }
    }

    public void Abort() => socket.Abort();

    /// <summary>Ends the socket at once, and every call that is pending on it.</summary>
    public void Cut()
    {
        socket.Abort();
        cut?.Invoke();
        socket.Dispose();
    }

    public void Dispose() => socket.Dispose();

    private static bool IsFrameworks(Type type) =>
        type.Assembly.GetName().Name is "System.Net.WebSockets" or "System.Net.WebSockets.Client" or "Microsoft.AspNetCore.WebSockets";

    private static ConnectionErrorException NotBinary() =>
        new(SocketRestErrorCode.NotSocketRest, "The peer sent a text message; SocketRest sends binary messages only.");
}
