using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Conformance.Transports;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>An accepting side on a real Kestrel: a tunnel at <c>/tunnel</c> and whatever the test maps beside it.</summary>
internal sealed class TestHub : IAsyncDisposable
{
    private readonly ErrorLog _log;

    private TestHub(WebApplication app, ErrorLog log)
    {
        App = app;
        _log = log;
        Address = new Uri(app.Urls.Single());
        Tunnel = new Uri(Address, "/tunnel");
        Registry = app.Services.GetRequiredService<SocketRestConnectionRegistry>();
    }

    public WebApplication App { get; }

    public Uri Address { get; }

    public Uri Tunnel { get; }

    public SocketRestConnectionRegistry Registry { get; }

    /// <summary>Whether the test makes the hub log errors.</summary>
    public bool ExpectsErrors { get; set; }

    /// <summary>Connections end with their sockets.</summary>
    public static void WithoutResume(SocketRestServerOptions options) => options.ResumeGrace = TimeSpan.Zero;

    public static async Task<TestHub> StartAsync(
        Action<WebApplication>? map = null,
        Action<SocketRestServerOptions>? configure = null,
        Action<WebApplicationBuilder>? build = null,
        Action<SocketRestEndpointConventionBuilder>? tunnel = null)
    {
        var log = new ErrorLog();
        WebApplicationBuilder builder = TestApplication.CreateBuilder();
        builder.Logging.AddProvider(log);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.Limits.MaxRequestBodySize = null;
            options.Listen(IPAddress.Loopback, 0);
        });
        builder.Services.AddSocketRest(configure);
        build?.Invoke(builder);
        WebApplication app = builder.Build();
        map?.Invoke(app);
        SocketRestEndpointConventionBuilder mapped = app.MapSocketRest("/tunnel");
        (tunnel ?? (endpoint => endpoint.ServeApplication()))(mapped);
        await app.StartAsync().InTime();
        return new TestHub(app, log);
    }

    public async Task<SocketRestClient> DialAsync(Action<SocketRestClientOptions>? configure = null) =>
        await SocketRestClient.ConnectAsync(Tunnel, configure).InTime();

    /// <summary>This side of a connection that was dialled.</summary>
    public async Task<SocketRestConnection> SideOfAsync(SocketRestClient client) =>
        await Registry.WaitForAsync((await client.GetConnectionAsync()).Id).InTime();

    public async ValueTask DisposeAsync()
    {
        // Nobody comes back any more, for whom the hub would wait until its time to shut down is over.
        await using IAsyncEnumerator<SocketRestConnectionEvent> events = Registry.Events.GetAsyncEnumerator();
        Task waiting = CloseInterruptedAsync(events);
        await App.StopAsync().InTime();
        await App.DisposeAsync();
        await waiting.InTime();
        if (!ExpectsErrors)
        {
            Assert.Empty(_log.Errors);
        }
    }

    private async Task CloseInterruptedAsync(IAsyncEnumerator<SocketRestConnectionEvent> events)
    {
        foreach (SocketRestConnection connection in Registry.Connections.Where(connection => connection.IsInterrupted))
        {
            await connection.CloseAsync();
        }

        while (await events.MoveNextAsync())
        {
            if (events.Current.Kind == SocketRestConnectionEventKind.Disconnected)
            {
                await events.Current.Connection.CloseAsync();
            }
        }
    }
}
