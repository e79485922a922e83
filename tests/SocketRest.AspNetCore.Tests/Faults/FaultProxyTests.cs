using System.Diagnostics;
using System.Net.Sockets;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.Faults;

namespace SocketRest.AspNetCore.Tests.Faults;

/// <summary>That the faults are those that the other tests ask for.</summary>
public sealed class FaultProxyTests
{
    public static TheoryData<int, string, string> ExactCuts
    {
        get
        {
            var data = new TheoryData<int, string, string>();
            foreach (string way in new[] { nameof(Way.ToTarget), nameof(Way.FromTarget) })
            {
                // As many as have room at the receiver at once: a reset takes back the others.
                Array.ForEach([1, 1_000, 20_000], bytes => data.Add(bytes, way, nameof(CutKind.Reset)));
                Array.ForEach([1, 1_000, 65_537, 1_000_000], bytes => data.Add(bytes, way, nameof(CutKind.Close)));
            }

            return data;
        }
    }

    [Theory]
    [InlineData(nameof(Way.ToTarget))]
    [InlineData(nameof(Way.FromTarget))]
    public async Task Bytes_and_their_end_pass_unchanged(string way)
    {
        await using var pair = new TcpPair();
        (Socket from, Socket to) = await pair.ConnectAsync(Enum.Parse<Way>(way));
        byte[] bytes = Payload.Bytes(3_000_000);

        Task<byte[]> received = ReadAsync(to);
        await SendAsync(from, bytes);
        from.Shutdown(SocketShutdown.Send);
        Assert.Equal(bytes, await received);

        // The other direction has not ended.
        await SendAsync(to, bytes);
        to.Shutdown(SocketShutdown.Send);
        Assert.Equal(bytes, await ReadAsync(from));
        Assert.Equal(2 * bytes.Length, pair.Proxy.Carried(Way.Both));
        Assert.Equal((1, 0), (pair.Proxy.Connections, pair.Proxy.Cuts));
    }

    [Fact]
    public async Task Reset_of_one_end_resets_the_other()
    {
        await using var pair = new TcpPair();
        (Socket near, Socket far) = await pair.ConnectAsync();

        near.Close(0);

        await AssertResetAsync(far);
    }

    [Fact]
    public async Task Cut_of_either_kind_reaches_both_ends()
    {
        await using var pair = new TcpPair();
        (Socket near, Socket far) = await pair.ConnectAsync();
        Assert.Equal(1, pair.Proxy.Cut(CutKind.Reset));
        await AssertResetAsync(near);
        await AssertResetAsync(far);

        (near, far) = await pair.ConnectAsync();
        Assert.Equal(1, pair.Proxy.Cut(CutKind.Close));
        await SendAsync(near, new byte[100_000]);
        await SendAsync(far, new byte[100_000]);
        Assert.Empty(await ReadAsync(near));
        Assert.Empty(await ReadAsync(far));

        Assert.Equal((2, 2), (pair.Proxy.Connections, pair.Proxy.Cuts));
        Assert.Equal(0, pair.Proxy.Live);
    }

    [Theory]
    [MemberData(nameof(ExactCuts))]
    public async Task Cut_falls_after_exactly_so_many_bytes(int bytes, string way, string kind)
    {
        await using var pair = new TcpPair();
        (Socket from, Socket to) = await pair.ConnectAsync(Enum.Parse<Way>(way));
        byte[] sent = Payload.Bytes(bytes + 1);

        Task<bool> fallen = pair.Proxy.CutAfter(Enum.Parse<Way>(way), bytes, Enum.Parse<CutKind>(kind));
        Task<byte[]> received = ReadAsync(to);
        await SendAsync(from, sent.AsMemory(0, bytes - 1));
        Assert.False(fallen.IsCompleted);
        await SendAsync(from, sent.AsMemory(bytes - 1));

        Assert.True(await fallen.InTime());
        Assert.Equal(sent.AsMemory(0, bytes), await received);
    }

    [Fact]
    public async Task Cut_of_the_next_connection_counts_from_its_start_and_spares_the_others()
    {
        await using var pair = new TcpPair();
        (Socket first, _) = await pair.ConnectAsync();
        Task<bool> second = pair.Proxy.CutNextAfter(Way.ToTarget, 5, CutKind.Close);
        Task<bool> third = pair.Proxy.CutNextAfter(Way.FromTarget, 3, CutKind.Close);

        (Socket near, Socket far) = await pair.ConnectAsync();
        await SendAsync(near, new byte[10]);
        Assert.Equal(5, (await ReadAsync(far)).Length);
        Assert.True(await second.InTime());

        (near, far) = await pair.ConnectAsync();
        await SendAsync(far, new byte[2]);
        far.Shutdown(SocketShutdown.Send);
        near.Shutdown(SocketShutdown.Send);
        Assert.Equal(2, (await ReadAsync(near)).Length);
        Assert.False(await third.InTime());

        (near, far) = await pair.ConnectAsync();
        await SendAsync(near, new byte[10]);
        near.Shutdown(SocketShutdown.Send);
        Assert.Equal(10, (await ReadAsync(far)).Length);
        Assert.True(first.Connected);
        Assert.Equal(1, pair.Proxy.Cuts);
    }

    [Theory]
    [InlineData(nameof(Way.ToTarget))]
    [InlineData(nameof(Way.FromTarget))]
    public async Task Half_open_connection_carries_the_other_way_and_says_nothing_of_its_end(string way)
    {
        await using var pair = new TcpPair();
        (Socket from, Socket to) = await pair.ConnectAsync(Enum.Parse<Way>(way));

        pair.Proxy.Swallow(Enum.Parse<Way>(way));
        await SendAsync(from, new byte[1_000_000]);
        await SendAsync(to, new byte[100]);
        byte[] back = new byte[100];
        int read = 0;
        while (read < back.Length)
        {
            read += await from.ReceiveAsync(back.AsMemory(read)).InTime();
        }

        Task<int> silent = to.ReceiveAsync(new byte[1]);
        from.Close(0);

        // What is sent to who is gone is answered by a reset that does not arrive either.
        await SendAsync(to, new byte[1_000]);
        await SendAsync(to, new byte[1_000]);
        (Socket next, Socket other) = await pair.ConnectAsync();
        await SendAsync(next, new byte[1]);
        Assert.Equal(1, await other.ReceiveAsync(new byte[10]).InTime());
        Assert.False(silent.IsCompleted);
    }

    [Fact]
    public async Task Delay_is_latency_and_takes_nothing_from_the_rate()
    {
        await using var pair = new TcpPair();
        pair.Proxy.ToTarget.Delay = TimeSpan.FromMilliseconds(200);
        (Socket near, Socket far) = await pair.ConnectAsync();
        byte[] bytes = Payload.Bytes(8_000_000);
        var clock = Stopwatch.StartNew();

        Task<byte[]> received = ReadAsync(far);
        await SendAsync(near, bytes);
        near.Shutdown(SocketShutdown.Send);

        Assert.Equal(bytes, await received);

        // One buffer of 64 KiB after the other would take 24 seconds.
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.2, 12);
    }

    [Fact]
    public async Task Delayed_byte_never_comes_early()
    {
        await using var pair = new TcpPair();
        pair.Proxy.ToTarget.Delay = TimeSpan.FromMilliseconds(5);
        (Socket near, Socket far) = await pair.ConnectAsync();
        byte[] one = new byte[1];
        for (int i = 0; i < 100; i++)
        {
            var clock = Stopwatch.StartNew();
            await SendAsync(near, one);
            Assert.Equal(1, await far.ReceiveAsync(one).InTime());
            Assert.True(clock.Elapsed >= pair.Proxy.ToTarget.Delay, $"Byte {i} took {clock.Elapsed.TotalMilliseconds} ms.");
        }
    }

    [Fact]
    public async Task Slow_line_carries_no_more_than_its_rate_and_holds_little()
    {
        await using var pair = new TcpPair();
        pair.Proxy.FromTarget.BytesPerSecond = 100_000;
        (Socket near, Socket far) = await pair.ConnectAsync();
        byte[] bytes = Payload.Bytes(50_000);
        var clock = Stopwatch.StartNew();

        await SendAsync(far, bytes);
        far.Shutdown(SocketShutdown.Send);

        Assert.Equal(bytes, await ReadAsync(near));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.4, 10);
        Assert.InRange(pair.Proxy.FromTarget.Capacity, 1, 20_000);
    }

    [Fact]
    public async Task Line_that_is_held_takes_no_more_than_buffers_hold()
    {
        await using var pair = new TcpPair();
        (Socket near, _) = await pair.ConnectAsync();
        pair.Proxy.Hold(Way.ToTarget);
        var piece = new byte[1024 * 1024];
        int sent = 0;

        Task<int> sending;
        do
        {
            sending = near.SendAsync(piece);
            Assert.True(++sent < 200, "It takes everything.");
        }
        while (await Task.WhenAny(sending, Task.Delay(500)) is Task<int>);
    }

    [Fact]
    public async Task Proxy_that_refuses_resets_whoever_comes()
    {
        await using var pair = new TcpPair();
        pair.Proxy.Refuses = true;
        using var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        // Connecting may be over or not when the reset comes.
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            await near.ConnectAsync(System.Net.IPAddress.Loopback, pair.Proxy.Address.Port).InTime();
            await near.ReceiveAsync(new byte[1]).InTime();
        });
        Assert.Equal(0, pair.Proxy.Connections);

        pair.Proxy.Refuses = false;
        await pair.ConnectAsync();
        Assert.Equal(1, pair.Proxy.Connections);
    }

    [Fact]
    public async Task Disposal_ends_every_connection()
    {
        await using var pair = new TcpPair();
        pair.Proxy.ToTarget.Delay = TimeSpan.FromHours(1);
        (Socket near, Socket far) = await pair.ConnectAsync();
        (Socket held, _) = await pair.ConnectAsync();
        await SendAsync(near, new byte[1_000_000]);
        pair.Proxy.Hold(Way.Both);

        await pair.Proxy.DisposeAsync().InTime();

        await AssertResetAsync(near);
        await AssertResetAsync(far);
        await AssertResetAsync(held);
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (bytes.Length > 0)
            {
                bytes = bytes[await socket.SendAsync(bytes).InTime()..];
            }
        }
        catch (SocketException)
        {
            // It was cut meanwhile; what has arrived is what counts.
        }
    }

    /// <summary>Everything until the end or a reset.</summary>
    private static async Task<byte[]> ReadAsync(Socket socket)
    {
        using var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        try
        {
            int count;
            while ((count = await socket.ReceiveAsync(buffer).InTime()) > 0)
            {
                all.Write(buffer, 0, count);
            }
        }
        catch (SocketException)
        {
        }

        return all.ToArray();
    }

    private static async Task AssertResetAsync(Socket socket)
    {
        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await socket.ReceiveAsync(new byte[1]).InTime());
        Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
    }
}
