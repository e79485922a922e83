using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Hub;

/// <summary>Ends an upgrade request from outside, as long as it is there: once it is over, its objects are nobody's or another request's.</summary>
internal sealed class RequestCut(HttpContext context) : IDisposable
{
    private readonly Lock _lock = new();
    private HttpContext? _context = context;

    public void Cut()
    {
        lock (_lock)
        {
            _context?.Abort();
        }
    }

    /// <summary>The request is about to be over.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _context = null;
        }
    }
}
