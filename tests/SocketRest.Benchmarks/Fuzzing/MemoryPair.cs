using Microsoft.Extensions.Logging;
using SocketRest.Multiplexing;

namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>Two connections that talk to each other in memory, and what they say.</summary>
internal sealed class MemoryPair
{
    private readonly Line _toAcceptor;
    private readonly Line _toDialler;

    private MemoryPair(Line toAcceptor, Line toDialler)
    {
        _toAcceptor = toAcceptor;
        _toDialler = toDialler;
    }

    public required TunnelConnection Dialler { get; init; }

    public required TunnelConnection Acceptor { get; init; }

    public byte[] SentByDialler => _toAcceptor.Carried();

    public byte[] SentByAcceptor => _toDialler.Carried();

    public static async Task<MemoryPair> ConnectAsync(IStreamServer accepting, IStreamServer dialling, ILogger logger, bool keep = true)
    {
        var toAcceptor = new Line { Keeps = keep };
        var toDialler = new Line { Keeps = keep };
        var dialler = new MemorySocket(toAcceptor);
        var acceptor = new MemorySocket(toDialler);
        toAcceptor.End = acceptor;
        toDialler.End = dialler;
        var accepted = MemoryHandshake.AcceptAsync(acceptor, accepting, logger);
        var dialled = MemoryHandshake.DialAsync(dialler, dialling, logger);
        return new MemoryPair(toAcceptor, toDialler) { Dialler = (await dialled).OrThrow(), Acceptor = (await accepted).OrThrow() };
    }

    private sealed class Line : IMemoryPeer
    {
        private readonly List<byte> _carried = [];

        public MemorySocket? End { get; set; }

        public bool Keeps { get; init; }

        public byte[] Carried()
        {
            lock (_carried)
            {
                return [.. _carried];
            }
        }

        public void OnSent(ReadOnlySpan<byte> message)
        {
            if (Keeps)
            {
                lock (_carried)
                {
                    _carried.AddRange(message);
                }
            }

            End!.Deliver(message.ToArray());
        }

        public void OnEnded() => End!.DeliverClose();
    }
}
