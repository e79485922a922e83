namespace SocketRest.Multiplexing;

/// <summary>Something that somebody waits for and that may take only so long.</summary>
internal interface IPaced
{
    /// <summary>Called once a second while it is waited for, one call at a time.</summary>
    void OnSecond(long now);
}
