using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SocketRest.AspNetCore;
using SocketRest.AspNetCore.Pipeline;
using SocketRest.Benchmarks.Peers;
using SocketRest.Http;
using SocketRest.Multiplexing;

namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>The applications behind the fuzzed connections: a hub on Kestrel, whose pipeline serves in memory too, and a device's delegate.</summary>
internal sealed class FuzzHost : IAsyncDisposable
{
    /// <summary>The name of the one connection that is not fuzzed.</summary>
    public const string SurvivorName = "survivor";

    private const string TunnelPath = "/tunnel";

    private static readonly byte[] s_long = new byte[20_000];

    private readonly WebApplication _app;

    private FuzzHost(WebApplication app) => _app = app;

    /// <summary>The application of the accepting sides.</summary>
    public required IStreamServer Pipeline { get; init; }

    /// <summary>The application of the dialling sides.</summary>
    public required IStreamServer Delegate { get; init; }

    /// <summary>What no single case can be blamed for.</summary>
    public required FailureLog Log { get; init; }

    public required Uri Tunnel { get; init; }

    /// <summary>Told of each connection that the hub has.</summary>
    public Action<SocketRestConnection>? Connected { get; set; }

    public static async Task<FuzzHost> StartAsync()
    {
        var log = new FailureLog();
        FuzzHost? host = null;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(log);
        builder.Logging.SetMinimumLevel(LogLevel.Error);

        // The server's own log would make an activity for each request.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting", LogLevel.None);
        LoopbackServer.Configure(builder, HttpProtocols.Http1);
        builder.Services.AddSocketRest(options =>
        {
            options.MaxConnectionsPerSecond = options.ConnectionBurst = 1_000_000;
            options.MaxConcurrentStreams = 8;
            options.InitialStreamWindow = 4096;
            options.MaxOverheadFramesPerSecond = 200;
            options.OnConnectionEvent = told =>
            {
                if (told.Kind == SocketRestConnectionEventKind.Connected && told.Name != SurvivorName)
                {
                    host?.Connected?.Invoke(told.Connection);
                }

                return default;
            };
        });
        var app = builder.Build();
        app.MapSocketRest(TunnelPath).ServeApplication();
        app.MapFallback("{**path}", AnswerAsync);
        await app.StartAsync();
        host = new FuzzHost(app)
        {
            Log = log,
            Delegate = new DelegateServer(AnswerAsync, log),
            Pipeline = app.Services.GetRequiredService<PipelineServer>(),
            Tunnel = new UriBuilder(LoopbackServer.Address(app)) { Scheme = "ws", Path = TunnelPath }.Uri,
        };
        return host;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static Task AnswerAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } upgrade)
        {
            return EchoAsync(context, upgrade);
        }

        switch (context.Request.Path.Value)
        {
            case "/echo":
                return EchoAsync(context);
            case "/long":
                return context.Response.Body.WriteAsync(s_long, 0, s_long.Length, context.RequestAborted);
            case "/wait":
                return Task.Delay(Timeout.Infinite, context.RequestAborted);
            case "/abort":
                context.Abort();
                return Task.CompletedTask;
            default:
                return context.Response.WriteAsync("Hello!");
        }
    }

    private static async Task EchoAsync(HttpContext context, IHttpExtendedConnectFeature upgrade)
    {
        await using var stream = await upgrade.AcceptAsync();
        await stream.CopyToAsync(stream, context.RequestAborted);
    }

    private static async Task EchoAsync(HttpContext context)
    {
        await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
        if (context.Response.SupportsTrailers())
        {
            context.Response.AppendTrailer("x-sum", "1");
        }
    }

    public static async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        switch (request.RequestUri?.AbsolutePath)
        {
            case "/echo":
                var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
                var response = new HttpResponseMessage { Content = new ByteArrayContent(body) };
                response.TrailingHeaders.Add("x-sum", "1");
                return response;
            case "/long":
                return new HttpResponseMessage { Content = new ByteArrayContent(s_long) };
            case "/wait":
                await Task.Delay(Timeout.Infinite, cancellationToken);
                return new HttpResponseMessage();
            default:
                return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("Hello!") };
        }
    }
}
