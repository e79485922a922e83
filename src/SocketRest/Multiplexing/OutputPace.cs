namespace SocketRest.Multiplexing;

/// <summary>
/// How fast the peer takes one body: all that was sent of it, over the time in which the peer's window alone held the rest back.
/// </summary>
internal sealed class OutputPace(TunnelStream stream, double bytesPerSecond, TimeSpan grace) : IPaced
{
    private readonly Lock _lock = new();
    private TimeSpan _heldBack;
    private long _since;
    private bool _wasHeldBack;
    private bool _isOver;

    /// <summary>The stream has ended. When this returns the stream is not looked at any more.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _isOver = true;
        }

        stream.Connection.Pace.Remove(this);
    }

    void IPaced.OnSecond(long now)
    {
        lock (_lock)
        {
            if (_isOver)
            {
                return;
            }

            // From one look to the next: what is held back for a moment now and then is not held back.
            bool isHeldBack = stream.IsHeldBack;
            if (isHeldBack && _wasHeldBack)
            {
                _heldBack += stream.Connection.Time.GetElapsedTime(_since, now);
            }

            _wasHeldBack = isHeldBack;
            _since = now;
            if (_heldBack > grace && stream.BodySent < bytesPerSecond * _heldBack.TotalSeconds)
            {
                stream.Reset(new SocketRestException(
                    SocketRestErrorCode.ApplicationAborted, "The response was taken more slowly than the serving side allows.", RequestOutcome.Executed));
            }
        }
    }
}
