using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;

namespace SocketRest.AspNetCore.Tests.Resuming;

/// <summary>
/// A few KiB of every kind of exchange at once on one connection: an upload with trailers, a download with trailers, an upgraded stream and a call
/// that calls back. Each is answered right and run once, or the dialogue fails.
/// </summary>
internal sealed class ResumeDialogue
{
    private const string RunField = "x-run";
    private const int PieceLength = 24;
    private const int Pieces = 4;

    private static readonly byte[] s_body = Payload.Bytes(PieceLength * Pieces);

    private readonly ConcurrentDictionary<string, int> _arrived = new();

    public void Map(WebApplication app)
    {
        app.Use((context, next) =>
        {
            if (context.Request.Headers[RunField] is [{ } run])
            {
                _arrived.AddOrUpdate(run, 1, static (_, count) => count + 1);
            }

            return next(context);
        });
        app.MapPost("/upload", UploadAsync);
        app.MapGet("/download", DownloadAsync);
        app.Map("/upgrade", UpgradeAsync);
        app.MapGet("/back", BackAsync);
    }

    /// <summary>A client that serves what is called back, and dials again without delay.</summary>
    public static SocketRestClient CreateClient(Uri tunnel, Action<SocketRestClientOptions>? configure = null)
    {
        var options = new SocketRestClientOptions
        {
            Uri = tunnel,
            MaxReconnectDelay = TimeSpan.FromMilliseconds(10),
            RequestHandler = static async (request, cancellationToken) => new HttpResponseMessage
            {
                Content = new ByteArrayContent(await request.Content!.ReadAsByteArrayAsync(cancellationToken)),
            },
        };
        configure?.Invoke(options);
        return new SocketRestClient(options);
    }

    /// <summary>Plays all of it. The run's name is new each time.</summary>
    public async Task PlayAsync(SocketRestClient tunnel, string run)
    {
        using HttpClient client = tunnel.CreateClient();
        await Task.WhenAll(
            UploadAsync(client, $"{run}-upload"),
            DownloadAsync(client, $"{run}-download"),
            UpgradeAsync(client, $"{run}-upgrade"),
            BackAsync(client, $"{run}-back"));
    }

    private static HttpRequestMessage Request(HttpMethod method, string path, string run) => new(method, path) { Headers = { { RunField, run } } };

    private async Task UploadAsync(HttpClient client, string run)
    {
        using HttpRequestMessage request = Request(HttpMethod.Post, "/upload", run);
        request.Content = Payload.Streamed(s_body, PieceLength);
        request.Options.Set(SocketRestHandler.RequestTrailers, () => [new("x-sum", "all")]);
        using HttpResponseMessage response = await client.SendAsync(request).InTime();
        Assert.Equal("right all", await response.Content.ReadAsStringAsync().InTime());
        AssertOnce(run);
    }

    private async Task DownloadAsync(HttpClient client, string run)
    {
        using HttpResponseMessage response = await client.SendAsync(Request(HttpMethod.Get, "/download", run)).InTime();
        Assert.Equal(s_body, await response.Content.ReadAsByteArrayAsync().InTime());
        Assert.Equal("all", response.TrailingHeaders.GetValues("x-sum").Single());
        AssertOnce(run);
    }

    private async Task UpgradeAsync(HttpClient client, string run)
    {
        using HttpRequestMessage request = Request(HttpMethod.Connect, "/upgrade", run);
        request.Version = HttpVersion.Version20;
        request.Headers.Protocol = "echo";
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).InTime();
        await using Stream stream = await response.Content.ReadAsStreamAsync().InTime();
        var echo = new byte[PieceLength];
        for (int i = 0; i < Pieces; i++)
        {
            ReadOnlyMemory<byte> piece = s_body.AsMemory(i * PieceLength, PieceLength);
            await stream.WriteAsync(piece).InTime();
            await stream.FlushAsync().InTime();
            await stream.ReadExactlyAsync(echo).InTime();
            Assert.Equal(piece, echo);
        }

        AssertOnce(run);
    }

    private async Task BackAsync(HttpClient client, string run)
    {
        using HttpResponseMessage response = await client.SendAsync(Request(HttpMethod.Get, "/back", run)).InTime();
        Assert.Equal(s_body, await response.Content.ReadAsByteArrayAsync().InTime());
        AssertOnce(run);
    }

    private void AssertOnce(string run)
    {
        Assert.True(_arrived.TryRemove(run, out int times), $"{run} was answered and never arrived.");
        Assert.Equal(1, times);
    }

    private static async Task UploadAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        await context.Response.WriteAsync($"{(body.ToArray().AsSpan().SequenceEqual(s_body) ? "right" : "wrong")} {context.Request.GetTrailer("x-sum")}");
    }

    private static async Task DownloadAsync(HttpContext context)
    {
        for (int i = 0; i < Pieces; i++)
        {
            await context.Response.Body.WriteAsync(s_body.AsMemory(i * PieceLength, PieceLength));
            await context.Response.Body.FlushAsync();
        }

        context.Response.AppendTrailer("x-sum", "all");
    }

    private static async Task UpgradeAsync(HttpContext context)
    {
        await using Stream stream = await context.Features.GetRequiredFeature<IHttpExtendedConnectFeature>().AcceptAsync();
        await stream.CopyToAsync(stream);
    }

    private static async Task BackAsync(HttpContext context)
    {
        using HttpClient client = context.Features.GetRequiredFeature<ISocketRestConnectionFeature>().Connection.CreateClient();
        using HttpResponseMessage response = await client.PostAsync("/", new ByteArrayContent(s_body), context.RequestAborted);
        await response.Content.CopyToAsync(context.Response.Body);
    }
}
