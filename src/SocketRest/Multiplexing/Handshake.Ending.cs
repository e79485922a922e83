using System.Net.WebSockets;
using SocketRest.Diagnostics;
using SocketRest.Protocol;
using SocketRest.Transport;

namespace SocketRest.Multiplexing;

/// <summary>What the other end hears of a handshake that has failed.</summary>
internal sealed partial class Handshake
{
    /// <summary>How long the other end may take to hear that it is refused, and again to close the socket.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource _exchangeOver = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AtDeadline _atDeadline;
    private Task? _lastWord;
    private bool _wasRefused;

    private enum AtDeadline
    {
        /// <summary>Nothing is said: the other end dials back, or knows the connection already and may come back for it.</summary>
        Cut,
        Refuse,
        Refusing,
    }

    /// <summary>The time is over, or whoever waited has given up.</summary>
    private void OnOver(bool givenUp)
    {
        if (!givenUp && Interlocked.CompareExchange(ref _atDeadline, AtDeadline.Refusing, AtDeadline.Refuse) == AtDeadline.Refuse)
        {
            // On a thread of its own: who closes at once must not end the exchange before this is known.
            _lastWord = Detached.Run(SayTooLateAsync);
        }
        else
        {
            transport.Abort();
        }
    }

    /// <summary>Says why to whoever still reads. The exchange may be reading as well, and ends with the other end's close frame, or with the socket.</summary>
    private async Task SayTooLateAsync()
    {
        using var patience = new CancellationTokenSource(s_patience, options.TimeProvider);
        Exception? failure = await SendRefusalAsync(TooLate(), patience.Token).ConfigureAwait(false);
        failure ??= await transport.CloseOutputAsync(WebSocketCloseStatus.PolicyViolation, nameof(SocketRestErrorCode.HandshakeTimeout))
            .WaitAsync(patience.Token).FailureAsync().ConfigureAwait(false);
        failure ??= await _exchangeOver.Task.WaitAsync(patience.Token).FailureAsync().ConfigureAwait(false);
        if (failure is not null)
        {
            logger.FarewellFailed("-", failure.Message);
            transport.Abort();
        }
    }

    /// <summary>The exchange has failed, and nothing reads from the socket any more. What the other end is still to hear takes a few seconds at most.</summary>
    private async Task LeaveAsync(Exception failure, CancellationTokenRegistration cut, bool tooLate)
    {
        _exchangeOver.TrySetResult();
        AtDeadline then = Interlocked.CompareExchange(ref _atDeadline, AtDeadline.Cut, AtDeadline.Refuse);
        if (then == AtDeadline.Refusing || (then == AtDeadline.Refuse && tooLate))
        {
            // It has begun its last word when this returns, or does nothing any more.
            await cut.DisposeAsync().ConfigureAwait(false);
        }

        if (then == AtDeadline.Refusing)
        {
            await _lastWord!.ConfigureAwait(false);
            await CloseAsync(WebSocketCloseStatus.PolicyViolation, nameof(SocketRestErrorCode.HandshakeTimeout)).ConfigureAwait(false);
        }
        else if (then == AtDeadline.Refuse && tooLate)
        {
            await RefuseAsync(TooLate()).ConfigureAwait(false);
        }
        else if (failure is ConnectionErrorException error)
        {
            await RefuseAsync(error).ConfigureAwait(false);
        }
        else if (_wasRefused)
        {
            await CloseAsync(WebSocketCloseStatus.NormalClosure, null).ConfigureAwait(false);
        }
    }

    private ConnectionErrorException TooLate() =>
        new(SocketRestErrorCode.HandshakeTimeout, $"The handshake was not finished within {options.HandshakeTimeout}.");

    /// <summary>Tells the other end what was wrong with its part, if it still listens.</summary>
    private async Task RefuseAsync(ConnectionErrorException error)
    {
        using var patience = new CancellationTokenSource(s_patience, options.TimeProvider);
        if (await SendRefusalAsync(error, patience.Token).ConfigureAwait(false) is { } failure)
        {
            logger.FarewellFailed("-", failure.Message);
            return;
        }

        await CloseAsync(WebSocketCloseStatus.PolicyViolation, error.Code.ToString()).ConfigureAwait(false);
    }

    private async Task<Exception?> SendRefusalAsync(ConnectionErrorException error, CancellationToken patience)
    {
        var refusal = new RefuseMessage
        {
            Code = WireCode.ToSend(error.Code),
            Message = error.Message,
            RetryAfter = error.RetryAfter is { } wait ? (long)Math.Ceiling(wait.TotalMilliseconds) : null,
            LastStream = error.LastStream,
        };
        Task<Exception?> sending = TrySendAsync(FrameType.Refuse, refusal, HandshakeJson.Default.RefuseMessage).AsTask();
        return await sending.WaitAsync(patience).FailureAsync().ConfigureAwait(false) ?? await sending.ConfigureAwait(false);
    }

    /// <summary>Waits until the other end has closed as well: cutting the socket takes back what it has not read yet.</summary>
    private async Task CloseAsync(WebSocketCloseStatus status, string? why)
    {
        Task closing = transport.CloseAsync(status, why);
        if (await closing.WaitAsync(s_patience, options.TimeProvider).FailureAsync().ConfigureAwait(false) is { } failure)
        {
            logger.FarewellFailed("-", failure.Message);
        }
    }
}
