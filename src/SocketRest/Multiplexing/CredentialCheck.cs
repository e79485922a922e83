using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Extensions.Logging;
using SocketRest.Diagnostics;
using SocketRest.Protocol;

namespace SocketRest.Multiplexing;

/// <summary>
/// The accepting side's part: takes in one REAUTHENTICATE at a time, has the application decide on the pool within the handshake's time, and answers.
/// What arrives after an accepted answer was queued finds the new user; a refusal changes nothing.
/// </summary>
internal sealed class CredentialCheck(TunnelConnection connection, IReauthenticator reauthenticator, TimeSpan limit, ILogger logger) : Reauthentication
{
    private readonly Lock _lock = new();
    private CancellationTokenSource? _deadline;
    private Task _deciding = Task.CompletedTask;
    private bool _closed;
    private bool _underWay;

    public override void OnReceived(FrameType type, ReadOnlySpan<byte> payload)
    {
        Expect(type, FrameType.Reauthenticate);
        if (Interlocked.Exchange(ref _underWay, true))
        {
            throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, "REAUTHENTICATE came before the one before it was answered.");
        }

        ReauthenticateMessage message = Parse(type, payload, HandshakeJson.Default.ReauthenticateMessage);
        if (!message.IsField)
        {
            throw Unreadable(type);
        }

        ThreadPool.UnsafeQueueUserWorkItem(static work => _ = work.Item1.AnswerAsync(work.message), (this, message), preferLocal: false);
    }

    public override void Close(SocketRestException reason)
    {
        lock (_lock)
        {
            _closed = true;

            // What an application has registered runs on the pool.
            _ = _deadline?.CancelAsync();
        }
    }

    private async Task AnswerAsync(ReauthenticateMessage message)
    {
        CredentialDecision decision = await DecideAsync(message).ConfigureAwait(false);
        if (connection.IsEnded)
        {
            return;
        }

        if (decision.Refusal is null)
        {
            connection.Identity = connection.Identity with { User = decision.User };
            reauthenticator.OnAccepted(decision);
            logger.Reauthenticated(connection.Identity.Id);
        }
        else
        {
            logger.ReauthenticationRefused(connection.Identity.Id, decision.Refusal);
        }

        var answer = new ReauthenticatedMessage { Accepted = decision.Refusal is null, Message = Shortened(decision.Refusal) };
        byte[] payload = JsonSerializer.SerializeToUtf8Bytes(answer, HandshakeJson.Default.ReauthenticatedMessage);

        // First: the next one may come as soon as this is out.
        Volatile.Write(ref _underWay, false);
        connection.Sender.QueueReauthentication(FrameType.Reauthenticated, payload);
    }

    private async Task<CredentialDecision> DecideAsync(ReauthenticateMessage message)
    {
        using var deadline = new CancellationTokenSource(limit, connection.Time);
        try
        {
            lock (_lock)
            {
                _deadline = deadline;
                if (_closed)
                {
                    return CredentialDecision.Refuse("The connection has ended.");
                }
            }

            // An application that does not look at its token is not called once more before it has come back.
            await Task.WhenAny(_deciding).WaitAsync(deadline.Token).ConfigureAwait(false);
            Task<CredentialDecision> deciding = reauthenticator
                .DecideAsync(connection.Identity, message.Scheme, message.Credential, deadline.Token)
                .AsTask();
            _deciding = deciding;
            return await deciding.WaitAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            _ = _deciding.ContinueWith(static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return CredentialDecision.Refuse("Whether these credentials are good could not be decided in time.");
        }
        catch (Exception exception)
        {
            // Its message is the application's, which may have put the credential into it.
            logger.ReauthenticationFailed(connection.Identity.Id, exception.GetType().FullName, exception.StackTrace);
            return CredentialDecision.Refuse("Whether these credentials are good could not be decided.");
        }
        finally
        {
            lock (_lock)
            {
                _deadline = null;
            }
        }
    }

    private static string? Shortened(string? sentence)
    {
        if (sentence is null || Encoding.UTF8.GetByteCount(sentence) <= FramePayload.MaxSentence)
        {
            return sentence;
        }

        Span<byte> utf8 = stackalloc byte[FramePayload.MaxSentence];
        Utf8.FromUtf16(sentence, utf8, out int read, out _);
        return sentence[..read];
    }
}
