namespace SocketRest.Cli.Expose;

/// <summary>Shows what goes on. Called from any thread; holds up nobody.</summary>
internal interface IExposeView : IAsyncDisposable
{
    /// <summary>The agent can be called, under these addresses.</summary>
    void Online(IReadOnlyList<Uri> addresses, int reconnects);

    /// <summary>The agent cannot be called, or soon not any more; in a few words, and why.</summary>
    void Offline(string state, string? reason);

    void Finished(ExposedRequest request);

    /// <summary>Something that its user should know of.</summary>
    void Warn(string sentence);
}
