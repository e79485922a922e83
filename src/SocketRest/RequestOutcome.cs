namespace SocketRest;

/// <summary>What is known of a request whose exchange failed: whether the other end may have run it.</summary>
public enum RequestOutcome
{
    /// <summary>
    /// The request never reached an application: sending it again is safe, whatever its method. Some of its content may have been read, so that
    /// content which can be read only once has to be made anew.
    /// </summary>
    NotSent,

    /// <summary>The request, or some of it, was sent and no answer came: the application may or may not have run it.</summary>
    MaybeExecuted,

    /// <summary>The application has begun to answer: the head of its response arrived, what failed came after that.</summary>
    Executed,
}
