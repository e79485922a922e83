using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>
/// What every topic starts from: an application of the test's own on its transport, gone when the test is over.
/// </summary>
[CurrentTest]
public abstract class ConformanceTests<TTransport> : IAsyncLifetime
    where TTransport : ITransport, new()
{
    private readonly Stack<IAsyncDisposable> _hosts = new();
    private readonly Stack<IDisposable> _clients = new();

    protected TTransport Transport { get; } = new();

    /// <summary>Whether the transport offers the capability; a comment in the test says why the expectation differs.</summary>
    protected bool Offers(Capability capability) => Transport.Capabilities.HasFlag(capability);

    /// <summary>Serves every request with one delegate.</summary>
    protected async Task<HttpClient> ServeAsync(RequestDelegate handler) =>
        CreateClient(await StartAsync(app => app.Run(handler)));

    /// <summary>Serves an application with a pipeline and services.</summary>
    protected async Task<HttpClient> ServeAsync(Action<WebApplication> app, Action<WebApplicationBuilder>? configure = null) =>
        CreateClient(await StartAsync(app, configure));

    protected async Task<TransportHost> StartAsync(Action<WebApplication> app, Action<WebApplicationBuilder>? configure = null)
    {
        var host = await Transport.StartAsync(configure, app).InTime();
        _hosts.Push(host);
        return host;
    }

    protected HttpClient CreateClient(TransportHost host, HandlerSettings? settings = null)
    {
        var client = host.CreateClient(settings);
        _clients.Push(client);
        return client;
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        // Clients first: an open connection would hold the host back.
        while (_clients.TryPop(out var client))
        {
            client.Dispose();
        }

        while (_hosts.TryPop(out var host))
        {
            await host.DisposeAsync();
        }
    }
}
