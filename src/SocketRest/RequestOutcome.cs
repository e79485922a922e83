namespace SocketRest;

/// <summary>What is known of a request whose exchange failed: whether the other end may have run it.</summary>
public enum RequestOutcome
{
    /// <summary>The request never reached an application: sending it again is safe.</summary>
    NotSent,

    /// <summary>The request was sent and no answer came: the application may or may not have run it.</summary>
    MaybeExecuted,

    /// <summary>The application has begun to answer.</summary>
    Executed,
}
