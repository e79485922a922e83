using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>Bodies arrive whole: every size around the boundaries of frames, windows and buffers, with and without a length.</summary>
public abstract class BodySizeTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    [Theory]
    [MemberData(nameof(Payload.Sizes), MemberType = typeof(Payload))]
    public async Task Body_of_known_length_comes_back_whole(int size)
    {
        var body = Payload.Bytes(size);
        var client = await ServeAsync(async context =>
        {
            var received = await ReadAllAsync(context);
            Assert.Equal(received.Length, context.Request.ContentLength ?? 0);
            context.Response.ContentLength = received.Length;
            await context.Response.Body.WriteAsync(received);
        });

        using var response = await client.PostAsync("/", new ByteArrayContent(body));

        response.EnsureSuccessStatusCode();
        Assert.Equal(size, response.Content.Headers.ContentLength);
        Assert.Equal(body, await response.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [MemberData(nameof(Payload.Sizes), MemberType = typeof(Payload))]
    public async Task Streamed_body_comes_back_whole(int size)
    {
        var body = Payload.Bytes(size);
        var client = await ServeAsync(async context =>
        {
            Assert.Null(context.Request.ContentLength);
            var received = await ReadAllAsync(context);
            for (var offset = 0; offset < received.Length; offset += 7_000)
            {
                await context.Response.Body.WriteAsync(received.AsMemory(offset, Math.Min(7_000, received.Length - offset)));
                await context.Response.Body.FlushAsync();
            }
        });

        using var response = await client.PostAsync("/", Payload.Streamed(body));

        response.EnsureSuccessStatusCode();
        Assert.Equal(body, await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Five_megabytes_up_keep_their_hash()
    {
        var body = Payload.Bytes(5_000_000);
        var client = await ServeAsync(async context =>
            await context.Response.WriteAsync(Convert.ToHexString(await SHA256.HashDataAsync(context.Request.Body))));

        using var response = await client.PutAsync("/", Payload.Streamed(body, pieceLength: 33_333));

        Assert.Equal(Convert.ToHexString(SHA256.HashData(body)), await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Five_megabytes_down_keep_their_hash()
    {
        var body = Payload.Bytes(5_000_000);
        var client = await ServeAsync(context => context.Response.Body.WriteAsync(body).AsTask());

        await using var stream = await client.GetStreamAsync("/");

        Assert.Equal(SHA256.HashData(body), await SHA256.HashDataAsync(stream).InTime());
    }

    [Fact]
    public async Task Single_bytes_up_arrive_in_order()
    {
        var body = Payload.Bytes(500);
        var client = await ServeAsync(async context => await context.Response.Body.WriteAsync(await ReadAllAsync(context)));

        using var response = await client.PostAsync("/", Payload.Streamed(body, pieceLength: 1));

        Assert.Equal(body, await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Single_bytes_down_arrive_in_order()
    {
        var body = Payload.Bytes(500);
        var client = await ServeAsync(async context =>
        {
            for (var i = 0; i < body.Length; i++)
            {
                await context.Response.Body.WriteAsync(body.AsMemory(i, 1));
                await context.Response.Body.FlushAsync();
            }
        });

        Assert.Equal(body, await client.GetByteArrayAsync("/"));
    }

    [Fact]
    public async Task Body_read_one_byte_at_a_time_is_whole()
    {
        var body = Payload.Bytes(5_000);
        var client = await ServeAsync(async context =>
        {
            var received = new MemoryStream();
            var one = new byte[1];
            while (await context.Request.Body.ReadAsync(one) == 1)
            {
                received.Write(one);
            }

            await context.Response.Body.WriteAsync(received.ToArray());
        });

        using var response = await client.PostAsync("/", Payload.Streamed(body));
        await using var stream = await response.Content.ReadAsStreamAsync();
        var answer = new byte[body.Length];
        for (var i = 0; i < answer.Length; i++)
        {
            Assert.Equal(1, await stream.ReadAsync(answer.AsMemory(i, 1)).InTime());
        }

        Assert.Equal(0, await stream.ReadAsync(new byte[1]).InTime());
        Assert.Equal(body, answer);
    }

    private static async Task<byte[]> ReadAllAsync(HttpContext context)
    {
        var received = new MemoryStream();
        await context.Request.Body.CopyToAsync(received);
        return received.ToArray();
    }
}
