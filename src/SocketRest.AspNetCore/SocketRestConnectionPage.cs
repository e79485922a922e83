namespace SocketRest.AspNetCore;

/// <summary>A part of the connections that a <see cref="SocketRestConnectionRegistry"/> lists.</summary>
public sealed class SocketRestConnectionPage
{
    internal SocketRestConnectionPage(IReadOnlyList<SocketRestConnection> connections, string? continuation)
    {
        Connections = connections;
        Continuation = continuation;
    }

    /// <summary>The connections, those that have been there longest first.</summary>
    public IReadOnlyList<SocketRestConnection> Connections { get; }

    /// <summary>What asks for the next page, or <see langword="null"/> where this one is the last. May stand in an address as it is.</summary>
    public string? Continuation { get; }
}
