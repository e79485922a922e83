using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>A server that opens no port: Kestrel without addresses would still listen on one.</summary>
internal sealed class SilentServer : IServer
{
    public SilentServer() => Features.Set<IServerAddressesFeature>(new NoAddresses());

    public IFeatureCollection Features { get; } = new FeatureCollection();

    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
    }

    /// <summary>Present, because <c>WebApplication.Urls</c> fails without it; read-only, because an address added to it would be listened to by nobody.</summary>
    private sealed class NoAddresses : IServerAddressesFeature
    {
        public ICollection<string> Addresses => Array.Empty<string>();

        public bool PreferHostingUrls { get; set; }
    }
}
