using System.Globalization;

namespace SocketRest.Multiplexing;

/// <summary>
/// Finds a peer that is gone without a word. A PING goes out after an interval in which nothing was received; when nothing at all has arrived
/// within the time-out after it, the connection ends. Works from time to time only, by looking at what the read loop and the sender note anyway.
/// </summary>
internal sealed class Heartbeat
{
    /// <summary>How long one message may be on its way to a peer that still sends: 60 KiB in this time is less than the slowest link brings.</summary>
    private static readonly TimeSpan s_longestSend = TimeSpan.FromMinutes(5);

    private readonly TunnelConnection _connection;
    private readonly TimeProvider _time;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _timeout;
    private readonly ITimer _timer;

    private readonly Lock _lock = new();

    // Under the lock.
    private Link? _link;
    private long _due;
    private bool _waiting;
    private long _lifeAtPing;
    private long _sendingAtPing;
    private long _lifeAtTick;
    private long _messagesAtTick;
    private long _sending;
    private long _sendingSince;

    private Heartbeat(TunnelConnection connection, TimeSpan interval, TimeSpan timeout)
    {
        _connection = connection;
        _time = connection.Time;
        _interval = interval;
        _timeout = timeout;
        _lifeAtTick = connection.LastLife;
        _timer = _time.CreateDetachedTimer(static state => ((Heartbeat)state!).OnTimer(), this);
    }

    /// <summary>Null when the options switch it off.</summary>
    public static Heartbeat? Create(TunnelConnection connection, SocketRestOptions options) =>
        options.HeartbeatInterval == Timeout.InfiniteTimeSpan ? null : new Heartbeat(connection, options.HeartbeatInterval, options.HeartbeatTimeout);

    /// <summary>Begins, or begins anew with a new socket.</summary>
    public void Start(Link link)
    {
        lock (_lock)
        {
            _link = link;
            _waiting = false;
            _sending = 0;
            Arm(_time.GetTimestamp(), _interval);
        }
    }

    /// <summary>There is no socket to watch.</summary>
    public void Pause()
    {
        lock (_lock)
        {
            _link = null;
        }
    }

    public void Stop() => _timer.Dispose();

    private void OnTimer()
    {
        Link? link;
        string? end;
        lock (_lock)
        {
            link = _link;
            end = link is null || _connection.IsEnded ? null : Tick();
        }

        if (end is not null)
        {
            // No last words, which would wait as long as all the others. By now another socket may have taken the place of this one.
            _connection.LoseLink(link!, new SocketRestException(SocketRestErrorCode.HeartbeatTimeout, end));
        }
    }

    /// <summary>Says why the peer is given up, or null.</summary>
    private string? Tick()
    {
        long now = _time.GetTimestamp();
        long life = _connection.LastLife;
        NoteSending(now);
        if (_sending != 0 && _time.GetElapsedTime(_sendingSince, now) >= s_longestSend)
        {
            return $"The other end still sends, but its socket took nothing for {Seconds(_sendingSince, now)}.";
        }

        TimeSpan next;
        if (_waiting && life == _lifeAtPing)
        {
            if (_timeout != Timeout.InfiniteTimeSpan && MustHaveAnswered(now))
            {
                return _sending != 0 && _sending == _sendingAtPing
                    ? $"Nothing was received from the other end for {Seconds(life, now)}, and its socket took nothing for {Seconds(_sendingSince, now)}."
                    : $"Nothing was received from the other end for {Seconds(life, now)}; a PING found no answer.";
            }

            next = WaitOn();
        }
        else
        {
            _waiting = false;
            TimeSpan silence = _time.GetElapsedTime(life, now);
            if (silence >= _interval)
            {
                next = Ping(life);
            }
            else
            {
                bool receiving = life != _lifeAtTick;
                if (receiving && _sending == 0 && _connection.Sender.Messages == _messagesAtTick)
                {
                    // The other end cannot know that this one lives: the answer to its own PING may stand behind much that a slow link has still to carry.
                    SendPing();
                }

                next = _interval - silence;
                next = receiving && next > _interval / 2 ? _interval / 2 : next;
            }
        }

        _lifeAtTick = life;
        _messagesAtTick = _connection.Sender.Messages;
        Arm(now, next);
        return null;
    }

    /// <summary>Whether the wait for an answer has been long enough. Otherwise it begins anew.</summary>
    private bool MustHaveAnswered(long now)
    {
        if (_sendingAtPing != 0 && _sending != _sendingAtPing)
        {
            // The PING stood behind a message that went out meanwhile: the socket still takes something.
            _sendingAtPing = _sending;
            return false;
        }

        if (_time.GetElapsedTime(_due, now) > _timeout / 2)
        {
            // It was this side that did not run: what the other end sent may not be read yet.
            SendPing();
            return false;
        }

        return true;
    }

    private TimeSpan Ping(long life)
    {
        _waiting = true;
        _lifeAtPing = life;
        _sendingAtPing = _sending;
        SendPing();
        return WaitOn();
    }

    private TimeSpan WaitOn()
    {
        if (_timeout != Timeout.InfiniteTimeSpan)
        {
            return _timeout;
        }

        // Nothing is too long: the next PING is as good as this one.
        _waiting = false;
        return _interval;
    }

    /// <summary>The number of the message that the socket has not taken yet, or 0, and since when that is.</summary>
    private void NoteSending(long now)
    {
        long sending = _connection.Sender.MessageUnderWay;
        if (sending != _sending)
        {
            _sending = sending;
            _sendingSince = now;
        }
    }

    /// <summary>Fails without a word while 64 others wait for their answers: then there is enough to answer.</summary>
    private void SendPing()
    {
        _ = SendAsync(_connection);

        static async Task SendAsync(TunnelConnection connection) =>
            await ((Task)connection.Pings.PingAsync(default, CancellationToken.None)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Arm(long now, TimeSpan wait)
    {
        // Timers count whole milliseconds; one that comes too early would only have to come again.
        wait = TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));
        _due = now + (long)(wait.TotalSeconds * _time.TimestampFrequency);
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private string Seconds(long from, long to) => string.Create(CultureInfo.InvariantCulture, $"{_time.GetElapsedTime(from, to).TotalSeconds:0.#} s");
}
