using Microsoft.AspNetCore.Builder;

namespace SocketRest.AspNetCore.Tests.Conformance.Transports;

/// <summary>An application behind a tunnel whose socket is cut: at the end of the test it says whether that was so, and whether the tunnel outlived it.</summary>
internal sealed class CutHost(WebApplication app, Func<SocketRestHandler> createHandler, CutPlan cuts, params IAsyncDisposable[] others)
    : TunnelHost(app, createHandler, others)
{
    public override async ValueTask DisposeAsync()
    {
        try
        {
            await cuts.CheckAsync();
        }
        finally
        {
            await base.DisposeAsync();
            await cuts.DisposeAsync();
        }
    }
}
