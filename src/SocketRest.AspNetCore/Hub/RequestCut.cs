using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Hub;

/// <summary>Cuts what is below a WebSocket, as long as its request lasts: the server uses the request's objects again for others.</summary>
internal sealed class RequestCut(HttpContext context) : IDisposable
{
    private readonly Lock _lock = new();
    private bool _over;

    public void Cut()
    {
        lock (_lock)
        {
            if (!_over)
            {
                context.Abort();
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _over = true;
        }
    }
}
