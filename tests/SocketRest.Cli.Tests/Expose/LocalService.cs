using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace SocketRest.Cli.Tests.Expose;

/// <summary>A service as somebody has one on a port of this machine.</summary>
internal sealed class LocalService : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly bool _https;

    private LocalService(WebApplication app, bool https)
    {
        _app = app;
        _https = https;
    }

    public Uri Address => new(_https ? _app.Urls.First().Replace("http:", "https:", StringComparison.Ordinal) : _app.Urls.First());

    /// <summary>Completes when a caller of /wait is there, and when it has gone again.</summary>
    public TaskCompletionSource Waiting { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Gone { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets the callers of /wait have their answer.</summary>
    public TaskCompletionSource GoOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static async Task<LocalService> StartAsync(HttpProtocols protocols = HttpProtocols.Http1, bool https = false)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel =>
        {
            kestrel.ResponseHeaderEncodingSelector = _ => System.Text.Encoding.UTF8;
            kestrel.ConfigureEndpointDefaults(endpoint =>
            {
                endpoint.Protocols = protocols;
                if (https)
                    endpoint.UseHttps(SelfSigned());
            });
        });
        WebApplication app = builder.Build();
        var service = new LocalService(app, https);
        app.UseWebSockets();
        app.Map("/seen/{**rest}", (HttpContext context) =>
            $"{context.Request.Method} {context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget} {context.Request.Protocol} host={context.Request.Host} "
            + string.Join(' ', context.Request.Headers.Where(field => field.Key.StartsWith("X-", StringComparison.OrdinalIgnoreCase)).Select(field => $"{field.Key}={field.Value}")));
        app.Map("/echo", async (HttpContext context) =>
        {
            context.Response.ContentLength = context.Request.ContentLength;
            await context.Response.Body.FlushAsync();
            await context.Request.Body.CopyToAsync(context.Response.Body);
        });
        app.MapPost("/count", async (HttpContext context) =>
        {
            context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
            long count = 0;
            var buffer = new byte[100_000];
            while (await context.Request.Body.ReadAsync(buffer) is > 0 and var length)
                count += length;
            return $"{count}";
        });
        app.MapGet("/trailers", async (HttpContext context) =>
        {
            context.Response.DeclareTrailer("grpc-status");
            await context.Response.WriteAsync("body");
            context.Response.AppendTrailer("grpc-status", "0");
        });
        app.MapGet("/trace", (HttpContext context) => $"{context.Request.Headers.TraceParent} {context.Request.Headers.TraceState} {context.Request.Headers.Baggage}");
        app.MapGet("/redirect", () => Results.Redirect("/seen/elsewhere"));
        app.MapGet("/cookie", (HttpContext context) =>
        {
            string had = context.Request.Headers.Cookie.ToString();
            context.Response.Headers.SetCookie = "a=b";
            return $"had '{had}'";
        });
        app.MapGet("/coded", (HttpContext context) =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            return "not gzip at all";
        });
        app.MapGet("/hop", (HttpContext context) =>
        {
            context.Response.Headers.Connection = "X-Hop";
            context.Response.Headers["X-Hop"] = "1";
            context.Response.Headers["X-End"] = "2";
        });
        app.MapGet("/odd-hop", (HttpContext context) =>
        {
            context.Response.Headers.Connection = "Content-Type, X-Hop, (no token), Connection";
            context.Response.Headers["X-Hop"] = "1";
            return "odd";
        });
        app.MapGet("/file", (HttpContext context) =>
        {
            context.Response.Headers.ContentDisposition = "attachment; filename=\"Öfen.csv\"";
            return $"asked for {context.Request.Headers["X-Name"]}";
        });
        app.MapGet("/wait", service.WaitAsync);
        app.MapGet("/broken", async (HttpContext context) =>
        {
            await context.Response.WriteAsync("half");
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        app.Map("/socket", EchoAsync);
        app.Map("/chat", async (HttpContext context) =>
        {
            if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade || context.Request.Query["leave"] == "it")
            {
                await context.Response.WriteAsync($"{context.Request.Method} left");
                return;
            }

            context.Response.Headers.Upgrade = context.Request.Headers.Upgrade;
            context.Response.Headers["X-Method"] = context.Request.Method;
            await using Stream stream = await upgrade.UpgradeAsync();
            await stream.WriteAsync("welcome "u8.ToArray());
            await stream.CopyToAsync(stream);
        });
        await app.StartAsync().InTime();
        return service;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static async Task EchoAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = 400;
            return;
        }

        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault());
        var buffer = new byte[1000];
        while (true)
        {
            WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, context.RequestAborted);
            if (received.MessageType == WebSocketMessageType.Close)
                break;
            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, context.RequestAborted);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", context.RequestAborted);
    }

    private async Task WaitAsync(HttpContext context)
    {
        await context.Response.WriteAsync("waits, ");
        await context.Response.Body.FlushAsync();
        Waiting.TrySetResult();
        try
        {
            await GoOn.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("went on");
        }
        catch (OperationCanceledException)
        {
            Gone.TrySetResult();
        }
    }
}
