using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;
using SocketRest.Faults;

namespace SocketRest.AspNetCore.Tests.Faults;

/// <summary>Links that are slow or long, and never taken for dead.</summary>
[Collection(Alone.Name)]
public sealed class SlowLinkTests
{
    private const int MiB = 1024 * 1024;

    [Fact]
    public async Task Busy_link_of_five_kilobytes_a_second_outlives_many_heartbeats()
    {
        byte[] body = Payload.Bytes(300_000);
        await using TestHub hub = await TestHub.StartAsync(app => Map(app, body), options => Beat(options, 500, 1_000));
        await using var proxy = new FaultProxy(hub.Tunnel);
        proxy.ToTarget.BytesPerSecond = proxy.FromTarget.BytesPerSecond = 5_000;
        await using SocketRestClient tunnel = await ConnectAsync(proxy, options => Beat(options, 500, 1_000));
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
        using HttpClient there = tunnel.CreateClient();
        using HttpClient back = accepted.CreateClient();

        Task<string> upload = DigestOfUploadAsync(there, new ByteArrayContent(body));
        Task<byte[]> download = there.GetByteArrayAsync("/download");
        Task<string>[] calls = [.. Enumerable.Range(0, 10).Select(i => (i % 2 == 0 ? there : back).GetStringAsync("/"))];
        Task lost = Task.WhenAny(tunnel.Connection!.Completion, accepted.Completion);
        Assert.NotSame(lost, await Task.WhenAny(lost, Task.Delay(TimeSpan.FromSeconds(6))));
        Assert.False(upload.IsCompleted || download.IsCompleted);

        proxy.ToTarget.BytesPerSecond = proxy.FromTarget.BytesPerSecond = null;
        Assert.Equal(Convert.ToHexString(SHA256.HashData(body)), await upload.InTime());
        Assert.Equal(body, await download.InTime());
        Assert.All(await Task.WhenAll(calls).InTime(), answer => Assert.Equal("here", answer));
        Assert.Equal(1, proxy.Connections);
    }

    [Fact]
    public async Task Long_link_full_of_bytes_both_ways_outlives_many_heartbeats()
    {
        byte[] body = Payload.Bytes(40 * MiB);
        await using TestHub hub = await TestHub.StartAsync(app => Map(app, body), Wide);
        await using var proxy = new FaultProxy(hub.Tunnel);
        proxy.ToTarget.BytesPerSecond = proxy.FromTarget.BytesPerSecond = 25 * MiB;
        proxy.ToTarget.Delay = proxy.FromTarget.Delay = TimeSpan.FromMilliseconds(50);
        await using SocketRestClient tunnel = await ConnectAsync(proxy, Wide);
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
        using HttpClient there = tunnel.CreateClient();
        using HttpClient back = accepted.CreateClient();

        Task<string> upload = DigestOfUploadAsync(there, new ByteArrayContent(body));
        Task<byte[]> download = there.GetByteArrayAsync("/download");
        Task transfers = Task.WhenAll(upload, download);
        int calls = 0;
        do
        {
            Assert.Equal("here", await (calls++ % 2 == 0 ? there : back).GetStringAsync("/").InTime());
        }
        while (!transfers.IsCompleted);

        Assert.Equal(Convert.ToHexString(SHA256.HashData(body)), await upload);
        byte[] downloaded = await download;
        Assert.True(body.AsSpan().SequenceEqual(downloaded));
        Assert.InRange(await tunnel.Connection!.PingAsync().InTime(), TimeSpan.FromMilliseconds(99), TimeSpan.FromSeconds(10));
        Assert.Equal(1, proxy.Connections);

        static void Wide(SocketRestOptions options)
        {
            Beat(options, 300, 600);
            options.MaxStreamWindow = 16 * MiB;
            options.WindowBudget = 64 * MiB;
        }
    }

    private static void Map(WebApplication app, byte[] body)
    {
        app.MapGet("/", () => "here");
        app.MapGet("/download", () => Results.Bytes(body));
        app.MapPost("/upload", async (HttpContext context) =>
        {
            context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[64 * 1024];
            int count;
            while ((count = await context.Request.Body.ReadAsync(buffer)) > 0)
            {
                hash.AppendData(buffer.AsSpan(0, count));
            }

            return Convert.ToHexString(hash.GetHashAndReset());
        });
    }

    private static async Task<string> DigestOfUploadAsync(HttpClient client, HttpContent body)
    {
        using HttpResponseMessage response = await client.PostAsync("/upload", body);
        return await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    private static Task<SocketRestClient> ConnectAsync(FaultProxy proxy, Action<SocketRestOptions> configure) =>
        SocketRestClient.ConnectAsync(proxy.Address, options =>
        {
            configure(options);
            options.RequestHandler = (_, _) => Task.FromResult(new HttpResponseMessage { Content = new StringContent("here") });
        }).InTime();

    private static void Beat(SocketRestOptions options, int interval, int timeout)
    {
        options.HeartbeatInterval = TimeSpan.FromMilliseconds(interval);
        options.HeartbeatTimeout = TimeSpan.FromMilliseconds(timeout);
    }
}
