using System.Threading.Channels;
using SocketRest.Multiplexing;

namespace SocketRest.Tests.Dialogues;

/// <summary>An application that a test plays itself, call by call, or with a handler for all of them.</summary>
internal sealed class ManualServer : IStreamServer
{
    private readonly Channel<ServedCall> _calls = Channel.CreateUnbounded<ServedCall>();
    private int _running;

    /// <summary>Answers every call; without one they wait for <see cref="NextCallAsync"/>.</summary>
    public Func<ServedCall, Task>? Handler { get; init; }

    public int Waiting => _calls.Reader.Count;

    /// <summary>How many calls a handler is at work on.</summary>
    public int Running => Volatile.Read(ref _running);

    public Task<ServedCall> NextCallAsync() => _calls.Reader.ReadAsync().Soon();

    public IServerExchange CreateExchange(TunnelStream stream) => new Exchange(this, stream);

    private async Task RunAsync(Func<ServedCall, Task> handler, ServedCall call)
    {
        Interlocked.Increment(ref _running);
        try
        {
            await handler(call);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private sealed class Exchange(ManualServer server, TunnelStream stream) : IServerExchange
    {
        private ServedCall? _call;

        public void Execute()
        {
            var call = new ServedCall(stream);
            _call = call;
            if (server.Handler is { } handler)
            {
                _ = server.RunAsync(handler, call);
            }
            else
            {
                server._calls.Writer.TryWrite(call);
            }
        }

        public void OnAborted(SocketRestException reason) => _call?.OnAborted(reason);
    }
}
