using System.Threading.Tasks.Sources;

namespace SocketRest.Tests.Http;

/// <summary>An answer that comes later, on the thread that gives it, and allocates nothing itself.</summary>
internal sealed class PendingAnswer : IValueTaskSource<HttpResponseMessage>
{
    private ManualResetValueTaskSourceCore<HttpResponseMessage> _core;

    public ValueTask<HttpResponseMessage> Start()
    {
        _core.Reset();
        return new ValueTask<HttpResponseMessage>(this, _core.Version);
    }

    public void Give(HttpResponseMessage response) => _core.SetResult(response);

    public HttpResponseMessage GetResult(short token) => _core.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
