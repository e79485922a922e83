using System.IO.Pipelines;

namespace SocketRest.Benchmarks.Peers.Http2OverWebSocket;

internal sealed class DuplexPipe(PipeReader input, PipeWriter output) : IDuplexPipe
{
    public PipeReader Input { get; } = input;

    public PipeWriter Output { get; } = output;
}
