namespace SocketRest.Benchmarks.Scenarios;

internal enum CallFigure
{
    CallsPerSecond,
    MedianLatency,
}
