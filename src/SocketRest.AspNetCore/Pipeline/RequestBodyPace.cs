using Microsoft.AspNetCore.Http;
using SocketRest.Multiplexing;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>
/// How fast one request's body arrives, as Kestrel counts it: all that came since the first read, over the time in which the application waited for more and
/// the caller was free to send it.
/// </summary>
internal sealed class RequestBodyPace(ServerExchange exchange) : IPaced
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time = exchange.Stream.Connection.Time;
    private TimeSpan _waited;
    private long _since;
    private long _arrived;
    private bool _waits;
    private volatile bool _isTooSlow;

    /// <summary>From then on the body cannot be read any more.</summary>
    public bool IsTooSlow => _isTooSlow;

    /// <summary>Bytes that the application has been shown so far.</summary>
    public long Arrived { get => Volatile.Read(ref _arrived); set => Volatile.Write(ref _arrived, value); }

    public static BadHttpRequestException TooSlow() => new(
        $"The request's body arrives more slowly than {nameof(SocketRestServingOptions.MinRequestBodyDataRate)} allows.", StatusCodes.Status408RequestTimeout);

    /// <summary>The application waits: nothing is there that it has not seen.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            _since = _time.GetTimestamp();
            _waits = true;
        }

        exchange.Stream.Connection.Pace.Add(this);
    }

    /// <summary>It waits no more, whatever came of it.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            if (!_waits)
            {
                return;
            }

            _waits = false;
            if (exchange.Stream.PeerMaySend)
            {
                _waited += _time.GetElapsedTime(_since);
            }
        }

        exchange.Stream.Connection.Pace.Remove(this);
    }

    void IPaced.OnSecond(long now)
    {
        lock (_lock)
        {
            if (!_waits || exchange.MinRequestBodyDataRate is not { } minimum)
            {
                return;
            }

            if (exchange.Stream.PeerMaySend)
            {
                _waited += _time.GetElapsedTime(_since, now);
            }

            _since = now;
            if (_waited > minimum.GracePeriod && Arrived < minimum.BytesPerSecond * _waited.TotalSeconds)
            {
                // Under the lock: a read that comes later must not be the one that is cancelled.
                _isTooSlow = true;
                exchange.Stream.CancelPendingRead();
            }
        }
    }
}
