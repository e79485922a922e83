namespace SocketRest.Benchmarks.Soaking;

/// <summary>Who calls.</summary>
internal enum SoakEnd
{
    Hub,
    Device,
}
