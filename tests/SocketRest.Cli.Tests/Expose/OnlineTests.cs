using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SocketRest.Cli.Configuration;
using SocketRest.Cli.Expose;
using SocketRest.Cli.Tests.Hub;

namespace SocketRest.Cli.Tests.Expose;

/// <summary>A script that reads that the agent is online calls it in the next line.</summary>
public sealed class OnlineTests
{
    private const byte Ping = 5;

    /// <summary>A hub's WELCOME, of PROTOCOL.md's test vectors.</summary>
    private const string Welcome =
        "020000a1000000007b2276657273696f6e223a312c226964223a22633066666565222c226772616365223a302c2273657474696e6773223a7b2273747265616d57696e646f77223a36353533362c226d617853747265616d73223a3235362c226d61784865616465724c697374223a33323736382c226865616465725461626c65223a343039362c227265706c6179427566666572223a307d2c22736572766573223a66616c73657d";

    [Fact]
    public async Task Hub_that_has_answered_an_agent_passes_calls_on_to_it()
    {
        using var held = new HeldLog("established");
        await using LocalService service = await LocalService.StartAsync();
        await using RunningHub hub = await RunningHub.StartAsync(configure: builder => builder.Logging.AddProvider(held));
        var view = new RecordingView();
        await using Exposure exposure = Expose(hub.Address, service.Address, view);
        using var end = new CancellationTokenSource();
        Task running = exposure.RunAsync(end.Token);
        IReadOnlyList<Uri> addresses = await view.OnlineAsync();

        using HttpResponseMessage response = await hub.Http.GetAsync(new Uri(addresses[^1], "seen/")).InTime();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        held.GoOn();
        await end.CancelAsync();
        await running.InTime();
    }

    [Fact]
    public async Task Agent_is_not_said_to_be_online_before_the_hub_has_answered_it()
    {
        var view = new RecordingView();
        var answered = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using WebApplication hub = builder.Build();
        hub.UseWebSockets();
        hub.Map("/tunnel", async (HttpContext context) =>
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync("socketrest.v1");
            using var frames = new FrameReader(socket);
            await frames.NextAsync();
            await socket.SendAsync(Convert.FromHexString(Welcome), WebSocketMessageType.Binary, endOfMessage: true, context.RequestAborted);
            byte[] frame;
            do
            {
                frame = await frames.NextAsync();
            }
            while (frame[0] != Ping);

            answered.SetResult(!view.IsOnline);
            frame[1] = 1;
            await socket.SendAsync(frame, WebSocketMessageType.Binary, endOfMessage: true, context.RequestAborted);
            while (true)
                await frames.NextAsync();
        });
        await hub.StartAsync().InTime();
        await using (Exposure exposure = Expose(new Uri(hub.Urls.First()), new Uri("http://127.0.0.1:9/"), view))
        {
            Task running = exposure.RunAsync(CancellationToken.None);

            Assert.True(await answered.Task.InTime());
            await view.OnlineAsync();
            Assert.False(running.IsCompleted);
        }
    }

    private static Exposure Expose(Uri hub, Uri service, RecordingView view) => new(
        new ExposeOptions { Hub = HubAddress.Parse(hub.ToString())!, Name = "shop", Upstream = new UpstreamOptions { Address = service } }, view, TimeProvider.System);

    private sealed class FrameReader(WebSocket socket) : IDisposable
    {
        private readonly MemoryStream _received = new();
        private int _taken;

        /// <summary>The next whole frame, its header of 8 bytes included.</summary>
        public async Task<byte[]> NextAsync()
        {
            var buffer = new byte[4096];
            while (true)
            {
                ReadOnlyMemory<byte> rest = _received.GetBuffer().AsMemory(_taken, (int)_received.Length - _taken);
                if (rest.Length >= 8 && 8 + ((rest.Span[2] << 8) | rest.Span[3]) is var length && rest.Length >= length)
                {
                    _taken += length;
                    return rest[..length].ToArray();
                }

                ValueWebSocketReceiveResult received = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).InTime();
                if (received.MessageType == WebSocketMessageType.Close)
                    throw new EndOfStreamException();
                _received.Write(buffer.AsSpan(0, received.Count));
            }
        }

        public void Dispose() => _received.Dispose();
    }
}
