using System.Security.Cryptography;
using System.Text;
using SocketRest.Protocol;
using SocketRest.Transport;

namespace SocketRest.Multiplexing;

/// <summary>
/// Lets the peer of a connection come back, and nobody else: knows the secrets, and lets one attempt at a time go on, the newest.
/// </summary>
internal sealed class ResumeGate
{
    private const int TokenBytes = 32;

    private readonly Lock _lock = new();
    private byte[] _token;
    private byte[]? _next;
    private ulong _attempt;
    private Attempt? _inside;

    /// <param name="connection">The connection.</param>
    /// <param name="transport">The socket of its first handshake, which is the first attempt.</param>
    public ResumeGate(TunnelConnection connection, WebSocketTransport transport)
    {
        Connection = connection;
        First = new Attempt(transport, NewToken());
        _inside = First;
        _token = Encoding.ASCII.GetBytes(First.Token);
    }

    public TunnelConnection Connection { get; }

    /// <summary>The handshake that made the connection. Its peer may be back before that one is over.</summary>
    public Attempt First { get; }

    /// <summary>Whether the request shows a secret that is good, in an attempt that is newer than all before.</summary>
    public bool Knows(ResumeRequest request)
    {
        lock (_lock)
        {
            return KnowsLocked(request, out _);
        }
    }

    /// <summary>
    /// Ends the attempt that is inside, waits until it is gone, and lets this one in: null if the request is not good any more. Until
    /// <see cref="Confirm"/> the secret that was shown is good as well as the new one, of which the peer may never hear. Who was let in has to
    /// <see cref="Leave"/>.
    /// </summary>
    public async Task<Attempt?> EnterAsync(ResumeRequest request, WebSocketTransport transport)
    {
        var attempt = new Attempt(transport, NewToken());
        Attempt? before;
        lock (_lock)
        {
            if (!KnowsLocked(request, out byte[]? shown))
            {
                return null;
            }

            _token = shown;
            _next = Encoding.ASCII.GetBytes(attempt.Token);
            _attempt = request.Attempt;
            before = _inside;
            _inside = attempt;
            Connection.NoteComingBack();
        }

        try
        {
            if (before is { Left.IsCompleted: false })
            {
                before.Transport.Cut();
                await before.Left.ConfigureAwait(false);
            }

            return attempt;
        }
        catch
        {
            // Nobody would ever say that it has left, and the next one would wait for that.
            Leave(attempt);
            throw;
        }
    }

    /// <summary>The handshake of this attempt is over, whatever came of it.</summary>
    public void Leave(Attempt attempt)
    {
        attempt.Leave();
        if (attempt != First)
        {
            Connection.NoteCameBack();
        }
    }

    /// <summary>The peer has the new secret.</summary>
    public void Confirm(Attempt attempt)
    {
        lock (_lock)
        {
            if (_next is not null && _next.AsSpan().SequenceEqual(Encoding.ASCII.GetBytes(attempt.Token)))
            {
                _token = _next;
                _next = null;
            }
        }
    }

    /// <summary>One sentence for whatever is wrong: who guesses learns nothing from it.</summary>
    public static ConnectionErrorException NotTheSame() =>
        new(SocketRestErrorCode.ResumeFailed, "This is not for the one whose connection it is, or it comes too late.");

    private static string NewToken() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes));

    private bool KnowsLocked(ResumeRequest request, out byte[] shown)
    {
        byte[] token = Encoding.UTF8.GetBytes(request.Token);
        bool current = CryptographicOperations.FixedTimeEquals(token, _token);
        bool next = _next is not null && CryptographicOperations.FixedTimeEquals(token, _next);
        shown = next ? _next! : _token;
        return (current || next) && request.Attempt > _attempt;
    }

    /// <summary>One attempt to go on, from its admission to the end of its handshake.</summary>
    internal sealed class Attempt(WebSocketTransport transport, string token)
    {
        private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public WebSocketTransport Transport => transport;

        /// <summary>The secret for the next time.</summary>
        public string Token => token;

        public Task Left => _left.Task;

        public void Leave() => _left.TrySetResult();
    }
}
