namespace SocketRest.Benchmarks.Measuring;

internal enum Role
{
    /// <summary>SocketRest, which the others are compared with.</summary>
    Subject,

    /// <summary>Gets a ratio.</summary>
    Rival,

    /// <summary>In the table only.</summary>
    Information,

    /// <summary>No peer at all, but what every one of them costs at least.</summary>
    Floor,
}
