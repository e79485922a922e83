using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>Bodies far larger than memory should be: five gibibytes through one stream, each way, past every 32-bit length.</summary>
[Collection(Alone.Name)]
public sealed class LargeBodyTests(ITestOutputHelper output)
{
    private const long Length = 5L << 30;
    private const int Piece = 256 * 1024;
    private const long MaxGrowth = 64L << 20;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Five_gibibytes_come_down_in_constant_memory()
    {
        await using TestHub hub = await StartAsync(app => app.MapGet("/", async context =>
        {
            context.Response.ContentLength = Length;
            await WriteAsync(context.Response.Body);
        }));
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();
        client.Timeout = s_limit;
        using var memory = new MemoryWatch(output);

        using HttpResponseMessage response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(Length, response.Content.Headers.ContentLength);
        long received = await ReadAsync(await response.Content.ReadAsStreamAsync(), memory).WaitAsync(s_limit);

        Assert.Equal(Length, received);
        Assert.InRange(memory.Growth, long.MinValue, MaxGrowth);
    }

    [Fact]
    public async Task Five_gibibytes_go_up_in_constant_memory()
    {
        using var memory = new MemoryWatch(output);
        await using TestHub hub = await StartAsync(app => app.MapPost("/", async context =>
        {
            long received = await ReadAsync(context.Request.Body, memory);
            await context.Response.WriteAsync(received.ToString(CultureInfo.InvariantCulture));
        }));
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();
        client.Timeout = s_limit;

        using HttpResponseMessage response = await client.PostAsync("/", new GeneratedContent()).WaitAsync(s_limit);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal($"{Length}", await response.Content.ReadAsStringAsync());
        Assert.InRange(memory.Growth, long.MinValue, MaxGrowth);
    }

    private static Task<TestHub> StartAsync(Action<WebApplication> map) => TestHub.StartAsync(
        map, build: builder => builder.Services.Configure<SocketRestServingOptions>(options => options.MaxRequestBodySize = null));

    /// <summary>Each piece begins with its place, so that a lost or repeated one is seen; the rest is left to a known byte.</summary>
    private static async Task WriteAsync(Stream target)
    {
        var piece = new byte[Piece];
        piece.AsSpan().Fill(0x5A);
        for (long offset = 0; offset < Length; offset += Piece)
        {
            BitConverter.TryWriteBytes(piece, offset);
            await target.WriteAsync(piece);
        }
    }

    private static async Task<long> ReadAsync(Stream source, MemoryWatch memory)
    {
        var piece = new byte[Piece];
        long offset = 0;
        while (true)
        {
            int count = await source.ReadAtLeastAsync(piece, Piece, throwOnEndOfStream: false);
            if (count < Piece)
            {
                return offset + count;
            }

            Assert.Equal(offset, BitConverter.ToInt64(piece));
            Assert.Equal(-1, piece.AsSpan(sizeof(long)).IndexOfAnyExcept((byte)0x5A));
            offset += Piece;
            memory.Note(offset);
        }
    }

    private sealed class GeneratedContent : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => WriteAsync(stream);

        protected override bool TryComputeLength(out long length)
        {
            length = Length;
            return true;
        }
    }

    /// <summary>The most that survives a collection at any time during the transfer, above what there was before it.</summary>
    private sealed class MemoryWatch(ITestOutputHelper output) : IDisposable
    {
        private const long Interval = 256L << 20;

        private readonly long _before = GC.GetTotalMemory(forceFullCollection: true);
        private readonly Stopwatch _clock = Stopwatch.StartNew();

        public long Growth { get; private set; } = long.MinValue;

        public void Note(long offset)
        {
            if (offset % Interval == 0)
            {
                Growth = Math.Max(Growth, GC.GetTotalMemory(forceFullCollection: true) - _before);
            }
        }

        public void Dispose() => output.WriteLine($"{Length >> 20} MiB in {_clock.Elapsed}, managed heap at most {Growth >> 10} KiB more");
    }
}
