using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore.Tests.Conformance;
using Xunit.Abstractions;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>What peers can make a hub keep, measured against what the README computes from the options.</summary>
[Collection(Alone.Name)]
public sealed class HostileMemoryTests(ITestOutputHelper output)
{
    private const int Peers = 20;

    private static readonly SocketRestServerOptions s_options = new()
    {
        MaxConcurrentStreams = 4,
        InitialStreamWindow = 32 * 1024,
        MaxHeaderListSize = 8 * 1024,
        MaxMetadataSize = 4 * 1024,
        WindowBudget = 0,
        MaxQueuedControlFrames = 1024,
        ReplayBuffer = 64 * 1024,
    };

    [Fact]
    public async Task Hostile_connections_pin_no_more_than_the_README_computes_and_harm_nobody()
    {
        int held = 0;
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestHub hub = await TestHub.StartAsync(
            app =>
            {
                app.MapGet("/", () => "here");
                app.MapPost("/{*path}", async (HttpContext context) =>
                {
                    // An application that neither reads nor gives up, and writes on for as long as it is let.
                    try
                    {
                        byte[] piece = new byte[16 * 1024];
                        Interlocked.Increment(ref held);
                        while (!context.RequestAborted.IsCancellationRequested)
                        {
                            await context.Response.Body.WriteAsync(piece, context.RequestAborted);

                            // What is written to a stream that was reset is gone at once: those who would say so have to run as well.
                            await Task.Yield();
                        }
                    }
                    catch (OperationCanceledException)
                    {
                    }

                    await over.Task;
                });
            },
            options =>
            {
                options.ShutdownTimeout = TimeSpan.Zero;

                // Nobody is thrown out meanwhile, however long the attack takes here: READY comes with it.
                options.HeartbeatInterval = Timeout.InfiniteTimeSpan;
                options.HandshakeTimeout = Timeout.InfiniteTimeSpan;
                options.MaxConcurrentStreams = s_options.MaxConcurrentStreams;
                options.InitialStreamWindow = s_options.InitialStreamWindow;
                options.MaxHeaderListSize = s_options.MaxHeaderListSize;
                options.WindowBudget = s_options.WindowBudget;
                options.MaxMetadataSize = s_options.MaxMetadataSize;
                options.ReplayBuffer = s_options.ReplayBuffer;
                options.MaxQueuedControlFrames = s_options.MaxQueuedControlFrames;
            });
        await using SocketRestClient healthy = await hub.DialAsync();
        using HttpClient client = healthy.CreateClient();
        Assert.Equal("here", await client.GetStringAsync("/").InTime());
        HostilePeer[] peers = [];
        try
        {
            // The first one shows the code its way; only the others are measured.
            using HostilePeer first = await AttackAsync(hub);
            long heap = GC.GetTotalMemory(forceFullCollection: true);
            long process = PrivateBytes();
            peers = await Task.WhenAll(Enumerable.Range(0, Peers).Select(_ => AttackAsync(hub)));
            await WaitAsync(() => Volatile.Read(ref held) == (Peers + 1) * 2 * s_options.MaxConcurrentStreams);
            Assert.Equal(Peers + 2, hub.Registry.Connections.Count);
            Assert.Equal("here", await client.GetStringAsync("/").InTime());

            long pinned = (GC.GetTotalMemory(forceFullCollection: true) - heap) / Peers;
            long computed = Computed(s_options);
            output.WriteLine($"a connection pins {pinned >> 10} KiB, computed {computed >> 10} KiB; the process {(PrivateBytes() - process) / Peers >> 10} KiB");
            Assert.InRange(pinned, computed / 4, computed);
        }
        finally
        {
            over.SetResult();
            foreach (HostilePeer peer in peers)
            {
                peer.Dispose();
            }
        }
    }

    [Fact]
    public async Task What_a_burst_of_requests_leaves_behind_on_an_idle_connection_is_small()
    {
        const int Streams = 256;
        int arrived = 0;
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestHub hub = await TestHub.StartAsync(app => app.MapPost("/{*path}", async () =>
        {
            Interlocked.Increment(ref arrived);
            await over.Task;
        }));
        long before = GC.GetTotalMemory(forceFullCollection: true);
        using HostilePeer peer = await HostilePeer.ConnectAsync(hub.Tunnel, "{}", 65_536);
        for (uint id = 1; id < 2 * Streams; id += 2)
        {
            peer.AddRequest(id, $"/{id}{new string('p', 15_000)}", $"{id}{new string('v', 15_000)}", endStream: true);
        }

        await peer.SendAsync();
        await WaitAsync(() => Volatile.Read(ref arrived) == Streams);
        over.SetResult();
        SocketRestConnection connection = hub.Registry.Connections.Single();
        await WaitAsync(() => connection.Tunnel.KeptStreams == Streams);

        long left = (GC.GetTotalMemory(forceFullCollection: true) - before) / Streams;
        output.WriteLine($"{left} bytes a stream");
        Assert.InRange(left, 0, 12 * 1024);
    }

    /// <summary>The README's formula for one connection ("What one connection can pin").</summary>
    private static long Computed(SocketRestServerOptions options) =>
        (3L * options.MaxConcurrentStreams * ((2L * options.InitialStreamWindow) + (4L * options.MaxHeaderListSize) + (16 * 1024)))
        + (2L * options.WindowBudget)
        + (2L * options.MaxConcurrentStreams * (128 + 16) * 1024)
        + (80L * options.MaxQueuedControlFrames)
        + (8L * options.MaxMetadataSize)
        + (2L * options.ReplayBuffer) + (256 * 1024)
        + (384 * 1024) + (4L * options.HeaderTableSize);

    /// <summary>Opens and resets requests until all places are taken by those, opens more that wait, fills every window, and reads nothing of what comes back.</summary>
    private static async Task<HostilePeer> AttackAsync(TestHub hub)
    {
        string metadata = $$"""{"a":[{{string.Join(',', Enumerable.Repeat('1', (s_options.MaxMetadataSize - 8) / 2))}}]}""";
        HostilePeer peer = await HostilePeer.ConnectAsync(hub.Tunnel, metadata, streamWindow: 1);
        uint id = 1;
        for (int i = 0; i < (3 * s_options.MaxConcurrentStreams) - 1; i++, id += 2)
        {
            if (i >= s_options.MaxConcurrentStreams)
            {
                peer.AddReset(id - (2 * (uint)s_options.MaxConcurrentStreams));
            }

            peer.AddRequest(id, $"/{new string('p', 3000)}", new string('v', s_options.MaxHeaderListSize - 3300));
            peer.AddBody(id, s_options.InitialStreamWindow);
        }

        // What waits for the socket, what waits for that, and a frame that never ends.
        peer.AddWindow((4 * (uint)s_options.MaxConcurrentStreams) - 1, int.MaxValue - 1);
        for (int i = 0; i < s_options.MaxQueuedControlFrames - 100; i++)
        {
            peer.AddPing();
        }

        peer.AddHalfHeaders(id);
        await peer.SendAsync();
        return peer;
    }

    private static long PrivateBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.PrivateMemorySize64;
    }

    private static async Task WaitAsync(Func<bool> condition)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(90), "It never came true.");
            await Task.Delay(10);
        }
    }
}
