using System.Text;
using System.Text.Json;
using SocketRest.Protocol;

namespace SocketRest.Multiplexing;

/// <summary>The dialling side's part: asks for new credentials and sends them, one caller after the other, so that the newest are sent last.</summary>
internal sealed class CredentialRenewal(TunnelConnection connection) : Reauthentication
{
    private readonly Lock _lock = new();
    private TaskCompletionSource<ReauthenticatedMessage>? _turn;
    private bool _sent;
    private SocketRestException? _closed;

    /// <summary>
    /// Completes when the other end has accepted. Waits its turn first, which a caller who gives up after sending leaves to the next one with the
    /// answer alone. <paramref name="ask"/> yields the credentials when it has come.
    /// </summary>
    public async Task RenewAsync(Func<CancellationToken, ValueTask<ReauthenticateMessage>> ask, CancellationToken cancellationToken)
    {
        TaskCompletionSource<ReauthenticatedMessage> turn;
        while (!TryBegin(out turn))
        {
            await Task.WhenAny(turn.Task).WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        try
        {
            byte[] payload = Encode(await ask(cancellationToken).ConfigureAwait(false));
            lock (_lock)
            {
                _sent = true;
            }

            connection.Sender.QueueReauthentication(FrameType.Reauthenticate, payload);
        }
        catch
        {
            if (TryEnd(sent: false) is { } unused)
            {
                unused.TrySetCanceled(CancellationToken.None);
            }

            throw;
        }

        ReauthenticatedMessage answer = await turn.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!answer.Accepted)
        {
            string sentence = FramePayload.ReadSentence(Encoding.UTF8.GetBytes(answer.Message ?? ""));
            throw new SocketRestException(
                SocketRestErrorCode.Unauthorized, $"The other end does not accept the new credentials; the connection goes on with the old ones. {sentence}".TrimEnd());
        }
    }

    public override void OnReceived(FrameType type, ReadOnlySpan<byte> payload)
    {
        Expect(type, FrameType.Reauthenticated);
        ReauthenticatedMessage message = Parse(type, payload, HandshakeJson.Default.ReauthenticatedMessage);
        TaskCompletionSource<ReauthenticatedMessage> turn = TryEnd(sent: true)
            ?? throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, "REAUTHENTICATED answers nothing.");
        turn.TrySetResult(message);
    }

    public override void Close(SocketRestException reason)
    {
        lock (_lock)
        {
            _closed ??= reason;
            if (_turn?.TrySetException(reason.For(RequestOutcome.NotSent)) == true)
            {
                // Whoever waited may have given up.
                _ = _turn.Task.Exception;
            }
        }
    }

    private static byte[] Encode(ReauthenticateMessage message)
    {
        byte[] payload = JsonSerializer.SerializeToUtf8Bytes(message, HandshakeJson.Default.ReauthenticateMessage);
        return payload.Length <= ReauthenticateMessage.MaxSize
            ? payload
            : throw new SocketRestException(
                SocketRestErrorCode.InvalidRequest, $"The credentials take {payload.Length} bytes in their frame; {ReauthenticateMessage.MaxSize} is the limit.");
    }

    /// <summary>True with a turn of one's own, or false with that of somebody else.</summary>
    private bool TryBegin(out TaskCompletionSource<ReauthenticatedMessage> turn)
    {
        lock (_lock)
        {
            if (_closed is { } reason)
            {
                throw reason.For(RequestOutcome.NotSent);
            }

            bool free = _turn is null;
            turn = _turn ??= new TaskCompletionSource<ReauthenticatedMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
            _sent &= !free;
            return free;
        }
    }

    private TaskCompletionSource<ReauthenticatedMessage>? TryEnd(bool sent)
    {
        lock (_lock)
        {
            TaskCompletionSource<ReauthenticatedMessage>? turn = _turn;
            if (turn is null || _sent != sent)
            {
                return null;
            }

            _turn = null;
            return turn;
        }
    }
}
