using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>Many calls at once: each has its own answer, and none waits for another.</summary>
public abstract class ConcurrencyTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    [Fact]
    public async Task Two_hundred_requests_at_once_get_their_own_answers()
    {
        var client = await ServeAsync(async context =>
        {
            await Task.Yield();
            context.Response.Headers["X-Echo"] = context.Request.Headers["X-Number"];
            await context.Response.WriteAsync($"{context.Request.Path}{context.Request.QueryString}");
        });

        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, $"/{i}?n={i}");
            request.Headers.Add("X-Number", $"{i}");
            using var response = await client.SendAsync(request);
            Assert.Equal($"/{i}?n={i}", await response.Content.ReadAsStringAsync());
            Assert.Equal($"{i}", response.Headers.GetValues("X-Echo").Single());
        })).InTime();
    }

    [Fact]
    public async Task Sixty_four_requests_run_at_the_same_time()
    {
        const int count = 64;
        var running = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var client = await ServeAsync(async context =>
        {
            if (Interlocked.Increment(ref running) == count)
            {
                all.SetResult();
            }

            await all.Task.InTime();
            await context.Response.WriteAsync(context.Request.Path);
        });

        var answers = await Task.WhenAll(Enumerable.Range(0, count).Select(i => client.GetStringAsync($"/{i}"))).InTime();

        Assert.Equal(Enumerable.Range(0, count).Select(i => $"/{i}"), answers);
    }

    [Fact]
    public async Task Five_hundred_requests_in_a_row_are_all_answered()
    {
        var client = await ServeAsync(context => context.Response.WriteAsync(context.Request.Path));

        for (var i = 0; i < 500; i++)
        {
            Assert.Equal($"/{i}", await client.GetStringAsync($"/{i}"));
        }
    }

    [Fact]
    public async Task Slow_request_does_not_hold_others_back()
    {
        var running = new Signal();
        var release = new Signal();
        var client = await ServeAsync(async context =>
        {
            if (context.Request.Path == "/slow")
            {
                running.Release();
                await release.NextAsync();
            }

            await context.Response.WriteAsync(context.Request.Path);
        });

        var slow = client.GetStringAsync("/slow");
        await running.NextAsync();
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("/fast", await client.GetStringAsync("/fast").InTime());
        }

        Assert.False(slow.IsCompleted);
        release.Release();
        Assert.Equal("/slow", await slow.InTime());
    }

    [Fact]
    public async Task Response_that_nobody_reads_does_not_hold_others_back()
    {
        var piece = Payload.Bytes(65_536);
        var client = await ServeAsync(async context =>
        {
            if (context.Request.Path == "/large")
            {
                for (var i = 0; i < 64; i++)
                {
                    await context.Response.Body.WriteAsync(piece);
                }

                return;
            }

            await context.Response.WriteAsync("small");
        });

        using var unread = await client.GetAsync("/large", HttpCompletionOption.ResponseHeadersRead);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("small", await client.GetStringAsync("/small").InTime());
        }

        Assert.Equal(64 * piece.Length, (await unread.Content.ReadAsByteArrayAsync().InTime()).Length);
    }

    [Fact]
    public async Task Upload_that_nobody_reads_does_not_hold_others_back()
    {
        var running = new Signal();
        var release = new Signal();
        var client = await ServeAsync(async context =>
        {
            if (context.Request.Path == "/upload")
            {
                running.Release();
                await release.NextAsync();
                await context.Response.WriteAsync(Convert.ToHexString(await SHA256.HashDataAsync(context.Request.Body)));
                return;
            }

            await context.Response.WriteAsync("small");
        });
        var body = Payload.Bytes(4_000_000);

        var upload = client.PostAsync("/upload", new ByteArrayContent(body));
        await running.NextAsync();
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("small", await client.GetStringAsync("/small").InTime());
        }

        release.Release();
        using var response = await upload.InTime();
        Assert.Equal(Convert.ToHexString(SHA256.HashData(body)), await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Thirty_two_uploads_are_not_mixed()
    {
        var client = await ServeAsync(async context =>
            await context.Response.WriteAsync(Convert.ToHexString(await SHA256.HashDataAsync(context.Request.Body))));

        await Task.WhenAll(Enumerable.Range(0, 32).Select(async i =>
        {
            var body = Payload.Bytes(50_000 + (i * 1_000), seed: i);
            using var response = await client.PostAsync("/", Payload.Streamed(body, pieceLength: 777 + i));
            Assert.Equal(Convert.ToHexString(SHA256.HashData(body)), await response.Content.ReadAsStringAsync());
        })).InTime();
    }

    [Fact]
    public async Task Thirty_two_streamed_responses_are_not_mixed()
    {
        var client = await ServeAsync(async context =>
        {
            var seed = int.Parse(context.Request.Query["seed"]!, System.Globalization.CultureInfo.InvariantCulture);
            var body = Payload.Bytes(50_000, seed);
            for (var offset = 0; offset < body.Length; offset += 5_000)
            {
                await context.Response.Body.WriteAsync(body.AsMemory(offset, 5_000));
                await context.Response.Body.FlushAsync();
            }
        });

        await Task.WhenAll(Enumerable.Range(0, 32).Select(async seed =>
            Assert.Equal(Payload.Bytes(50_000, seed), await client.GetByteArrayAsync($"/?seed={seed}")))).InTime();
    }

    [Fact]
    public async Task Several_clients_share_an_application()
    {
        var host = await StartAsync(app => app.Run(context => context.Response.WriteAsync(context.Request.Headers["X-Client"].ToString())));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            using var client = host.CreateClient();
            client.DefaultRequestHeaders.Add("X-Client", $"client {i}");
            for (var turn = 0; turn < 10; turn++)
            {
                Assert.Equal($"client {i}", await client.GetStringAsync("/"));
            }
        })).InTime();
    }
}
