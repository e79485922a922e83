namespace SocketRest.Benchmarks.Scenarios;

internal enum BulkDirection
{
    Download,
    Upload,
}
