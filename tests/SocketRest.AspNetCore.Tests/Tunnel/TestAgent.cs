using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Conformance.Transports;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>An application that dials a hub and serves it, without a port of its own.</summary>
internal sealed class TestAgent : IAsyncDisposable
{
    private TestAgent(WebApplication app, ErrorLog log)
    {
        App = app;
        Log = log;
    }

    public WebApplication App { get; }

    public ErrorLog Log { get; }

    /// <summary>Whether the test makes the agent log errors.</summary>
    public bool ExpectsErrors { get; set; }

    public SocketRestAgent Service => App.Services.GetRequiredService<SocketRestAgent>();

    /// <summary>Starts an agent and returns without waiting for its connection.</summary>
    public static async Task<TestAgent> StartAsync(
        Uri tunnel,
        Action<WebApplication>? map = null,
        Action<SocketRestAgentOptions>? configure = null,
        Action<WebApplicationBuilder>? build = null)
    {
        var log = new ErrorLog();
        WebApplicationBuilder builder = TestApplication.CreateBuilder();
        builder.Logging.AddProvider(log);
        builder.WebHost.UseKestrelCore();
        builder.Services.AddSocketRestAgent(options =>
        {
            options.Uri = tunnel;
            configure?.Invoke(options);
        });
        build?.Invoke(builder);
        WebApplication app = builder.Build();
        map?.Invoke(app);
        await app.StartAsync().InTime();
        return new TestAgent(app, log);
    }

    /// <summary>The hub's side of the connection, once it is there.</summary>
    public async Task<SocketRestConnection> SeenByAsync(TestHub hub) =>
        await hub.Registry.WaitForAsync((await Service.GetConnectionAsync().InTime()).Id).InTime();

    public async ValueTask DisposeAsync()
    {
        await App.StopAsync().InTime();
        await App.DisposeAsync();
        if (!ExpectsErrors)
        {
            Assert.Empty(Log.Errors);
        }
    }
}
