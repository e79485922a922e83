using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Hub;

/// <summary>How many tunnels there may be, be in the making, and come in a second. Whatever is over that never becomes a socket.</summary>
internal sealed class Admission(SocketRestServerOptions options)
{
    private readonly Lock _lock = new();
    private readonly TokenBucket _arrivals = new(options.MaxConnectionsPerSecond, options.ConnectionBurst, options.TimeProvider);
    private int _connections;
    private int _handshakes;

    /// <summary>
    /// Takes a place for one more tunnel, or says why there is none. Who <paramref name="resumes"/> has a connection already, and needs a place for the handshake only.
    /// </summary>
    public bool TryEnter(bool resumes, [NotNullWhen(true)] out Place? place, [NotNullWhen(false)] out UpgradeRefusal? refusal)
    {
        lock (_lock)
        {
            refusal = resumes ? RefuseHandshake() : Refuse();
            if (refusal is not null)
            {
                place = null;
                return false;
            }

            _connections += resumes ? 0 : 1;
            _handshakes++;
        }

        place = new Place(this, resumes);
        return true;
    }

    /// <summary>The bucket comes last: who is turned away for another reason takes nothing out of it.</summary>
    private UpgradeRefusal? Refuse()
    {
        if (_connections >= options.MaxConnections)
        {
            return new(
                StatusCodes.Status503ServiceUnavailable,
                string.Create(CultureInfo.InvariantCulture, $"All {options.MaxConnections} places for connections are taken."),
                Spread(5, 15));
        }

        if (RefuseHandshake() is { } refusal)
        {
            return refusal;
        }

        return _arrivals.TryTake(out TimeSpan wait)
            ? null
            : new(
                StatusCodes.Status429TooManyRequests,
                string.Create(CultureInfo.InvariantCulture, $"More connections arrive than the {options.MaxConnectionsPerSecond} a second that are taken."),
                wait);
    }

    private UpgradeRefusal? RefuseHandshake() => _handshakes < options.MaxConcurrentHandshakes
        ? null
        : new(
            StatusCodes.Status503ServiceUnavailable,
            string.Create(CultureInfo.InvariantCulture, $"{options.MaxConcurrentHandshakes} handshakes are under way, and no more are begun."),
            Spread(1, 3));

    /// <summary>Nobody knows when a place will be free; what is known is that those who wait for one must not all ask at the same moment.</summary>
    private static TimeSpan Spread(int from, int to) => TimeSpan.FromSeconds(Random.Shared.Next(from, to + 1));

    private void Leave(bool connection)
    {
        lock (_lock)
        {
            if (connection)
            {
                _connections--;
            }
            else
            {
                _handshakes--;
            }
        }
    }

    /// <summary>What one tunnel takes up: a handshake at first, a connection until it is disposed.</summary>
    internal sealed class Place(Admission admission, bool handshakeOnly) : IDisposable
    {
        private bool _shaking = true;
        private bool _left = handshakeOnly;

        public void EndHandshake()
        {
            if (Interlocked.Exchange(ref _shaking, false))
            {
                admission.Leave(connection: false);
            }
        }

        public void Dispose()
        {
            EndHandshake();
            if (!Interlocked.Exchange(ref _left, true))
            {
                admission.Leave(connection: true);
            }
        }
    }
}
