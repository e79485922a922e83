namespace SocketRest.Benchmarks.Idle;

/// <summary>The dialling end of one connection to an <see cref="IdleHub"/>.</summary>
internal interface IIdleLink
{
    /// <summary>Sends half of the bytes and has them sent back.</summary>
    Task CarryAsync(int bytes);
}
