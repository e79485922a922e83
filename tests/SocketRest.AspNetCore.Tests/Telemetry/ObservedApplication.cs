using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Conformance.Transports;
using SocketRest.AspNetCore.Tests.Tunnel;
using SocketRest.Testing;

namespace SocketRest.AspNetCore.Tests.Telemetry;

/// <summary>An application behind a tunnel, whichever way, and the handler that reaches it.</summary>
internal sealed class ObservedApplication : IAsyncDisposable
{
    private readonly Func<SocketRestHandler> _createHandler;
    private readonly IAsyncDisposable[] _parts;

    private ObservedApplication(IServiceProvider services, Func<SocketRestHandler> createHandler, params IAsyncDisposable[] parts)
    {
        Services = services;
        _createHandler = createHandler;
        _parts = parts;
    }

    public IServiceProvider Services { get; }

    public static async Task<ObservedApplication> StartAsync(Route route, Action<WebApplicationBuilder>? build = null)
    {
        switch (route)
        {
            case Route.Dialled:
                TestHub dialled = await TestHub.StartAsync(Map, build: build);
                dialled.ExpectsErrors = true;
                SocketRestClient client = await dialled.DialAsync();
                return new(dialled.App.Services, client.CreateHandler, client, dialled);

            case Route.Agent:
                TestHub hub = await TestHub.StartAsync();
                TestAgent agent = await TestAgent.StartAsync(hub.Tunnel, Map, build: build);
                agent.ExpectsErrors = true;
                SocketRestConnection connection = await agent.SeenByAsync(hub);
                return new(agent.App.Services, connection.CreateHandler, agent, hub);

            default:
                WebApplicationBuilder builder = TestApplication.CreateBuilder();
                builder.WebHost.UseTestServer();
                builder.Services.AddSocketRest();
                build?.Invoke(builder);
                WebApplication app = builder.Build();
                Map(app);
                app.MapSocketRest("/tunnel").ServeApplication();
                await app.StartAsync().InTime();
                SocketRestClient tunnel = await SocketRestClient.ConnectAsync(app.GetTestServer(), "/tunnel").InTime();
                return new(app.Services, tunnel.CreateHandler, tunnel, app);
        }
    }

    /// <summary>What the observed applications answer to; the same on every server that they are compared on.</summary>
    public static void Map(WebApplication app)
    {
        app.MapGet("/pets/{id}", (string id) => id);
        app.MapGet("/trace", (HttpContext context) => string.Join('\n',
            Activity.Current?.Id,
            Activity.Current?.TraceStateString,
            string.Join(',', (Activity.Current?.Baggage ?? []).Select(item => $"{item.Key}={item.Value}")),
            ReferenceEquals(context.Features.Get<IHttpActivityFeature>()?.Activity, Activity.Current),
            context.Request.Headers.TraceParent));
        app.MapGet("/moved", () => Results.Redirect("/pets/7"));
        app.MapGet("/moved/trace", () => Results.Redirect("/trace"));
        app.MapGet("/boom", string () => throw new InvalidOperationException("boom"));
        app.MapGet("/busy", () => Results.StatusCode(StatusCodes.Status503ServiceUnavailable));
        app.MapGet("/quiet", () => "quiet").DisableHttpMetrics();
        app.MapGet("/silenced", (HttpContext context) =>
        {
            context.Features.Get<IHttpMetricsTagsFeature>()!.MetricsDisabled = true;
            return "silenced";
        });
        app.MapGet("/tagged", (HttpContext context) =>
        {
            context.Features.Get<IHttpMetricsTagsFeature>()!.Tags.Add(new("pets", 3));
            return "tagged";
        });
        app.MapGet("/features", (HttpContext context) => string.Create(
            CultureInfo.InvariantCulture,
            $"{context.Features.Get<IHttpActivityFeature>() is not null} {context.Features.Get<IHttpMetricsTagsFeature>() is not null} {context.Request.Headers.TraceParent.Count}"));
        app.MapGet("/abort", (HttpContext context) => context.Abort());
        app.MapGet("/wait", async (HttpContext context) =>
        {
            context.RequestServices.GetRequiredService<Signals>().Arrived.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        app.MapGet("/log", (ILogger<ObservedApplication> logger) => logger.Log(LogLevel.Warning, default, "Petted.", null, (text, _) => text));
    }

    public HttpClient CreateClient(string? host = null) => new(_createHandler())
    {
        BaseAddress = new Uri($"http://{host ?? "application.example"}/"),
        Timeout = Patience.Limit,
    };

    /// <summary>Whether a measurement is of this application and not of another in the process.</summary>
    public bool Owns(Measured measured) => ReferenceEquals(measured.Instrument.Meter.Scope, Services.GetRequiredService<IMeterFactory>());

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable part in _parts)
        {
            await part.DisposeAsync();
        }
    }
}
