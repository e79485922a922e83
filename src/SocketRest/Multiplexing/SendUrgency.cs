namespace SocketRest.Multiplexing;

/// <summary>When what was added to the sender has to leave.</summary>
internal enum SendUrgency
{
    /// <summary>
    /// The caller is about to add more, on this thread, and says so then. Should it not come to that (application code that blocks its
    /// thread), a timer sends what is there within 32 ms.
    /// </summary>
    Later,

    /// <summary>Soon: after the work that the thread pool has in its queue, which may add to the message.</summary>
    Pool,

    /// <summary>Now, on this thread, if nothing else is going on or many wait already; else as <see cref="Pool"/>.</summary>
    Now,
}
