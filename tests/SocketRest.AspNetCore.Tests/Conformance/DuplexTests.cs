using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>Both bodies at the same time.</summary>
public abstract class DuplexTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    private static readonly RequestDelegate Echo = async context =>
    {
        await context.Response.Body.FlushAsync();
        var buffer = new byte[16_384];
        for (int read; (read = await context.Request.Body.ReadAsync(buffer)) > 0;)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read));
            await context.Response.Body.FlushAsync();
        }
    };

    [FactIf(Capability.FullDuplex)]
    public async Task Response_starts_before_the_request_ends()
    {
        var client = await ServeAsync(Echo);
        var body = new PushContent();

        using var response = await SendAsync(client, body);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await body.WriteAsync("late"u8.ToArray());
        body.Complete();

        Assert.Equal("late", await response.Content.ReadAsStringAsync());
    }

    [FactIf(Capability.FullDuplex)]
    public async Task Ping_and_pong_alternate()
    {
        var client = await ServeAsync(Echo);
        var body = new PushContent();

        using var response = await SendAsync(client, body);
        await using var stream = await response.Content.ReadAsStreamAsync();
        for (var i = 0; i < 100; i++)
        {
            var ping = Encoding.ASCII.GetBytes($"ping {i:000}");
            await body.WriteAsync(ping);
            var pong = new byte[ping.Length];
            await stream.ReadExactlyAsync(pong).InTime();
            Assert.Equal(ping, pong);
        }

        body.Complete();
        Assert.Equal(0, await stream.ReadAsync(new byte[1]).InTime());
    }

    [FactIf(Capability.FullDuplex)]
    public async Task Eight_megabytes_flow_both_ways_at_once()
    {
        var bytes = Payload.Bytes(8_000_000);
        var client = await ServeAsync(Echo);
        var body = new PushContent();

        using var response = await SendAsync(client, body);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var hash = SHA256.HashDataAsync(stream).AsTask();
        for (var offset = 0; offset < bytes.Length; offset += 100_000)
        {
            await body.WriteAsync(bytes.AsMemory(offset, 100_000));
        }

        body.Complete();
        Assert.Equal(SHA256.HashData(bytes), await hash.InTime());
    }

    [FactIf(Capability.FullDuplex)]
    public async Task Response_may_end_before_the_request()
    {
        var client = await ServeAsync(context => context.Response.WriteAsync("enough"));
        var body = new PushContent();

        using var response = await SendAsync(client, body);

        Assert.Equal("enough", await response.Content.ReadAsStringAsync().InTime());
        body.Complete();
        using var next = await client.PostAsync("/", new StringContent("next")).InTime();
        Assert.Equal("enough", await next.Content.ReadAsStringAsync());
    }

    [FactIf(Capability.FullDuplex)]
    public async Task Request_may_end_long_before_the_response()
    {
        var received = new Signal();
        var client = await ServeAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var text = await reader.ReadToEndAsync();
            foreach (var letter in text)
            {
                await context.Response.WriteAsync(letter.ToString());
                await context.Response.Body.FlushAsync();
                await received.NextAsync();
            }
        });
        var body = new PushContent();

        var pending = SendAsync(client, body);
        await body.WriteAsync("abcdef"u8.ToArray());
        body.Complete();
        using var response = await pending;
        await using var stream = await response.Content.ReadAsStreamAsync();
        foreach (var letter in "abcdef"u8.ToArray())
        {
            Assert.Equal(letter, (await ReadByteAsync(stream))!.Value);
            received.Release();
        }

        Assert.Null(await ReadByteAsync(stream));
    }

    [FactIf(Capability.FullDuplex | Capability.BrokenUploads)]
    public async Task Body_that_fails_at_the_caller_is_an_error_to_the_handler()
    {
        var outcome = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var client = await ServeAsync(async context =>
        {
            await context.Response.Body.FlushAsync();
            outcome.SetResult(await Record.ExceptionAsync(() => context.Request.Body.CopyToAsync(Stream.Null)));
        });
        var body = new PushContent();

        using var response = await SendAsync(client, body);
        await body.WriteAsync("half"u8.ToArray());
        body.Fail(new InvalidOperationException("The source of the body broke."));

        // A body that was cut off must never look like one that ended.
        Assert.NotNull(await outcome.Task.InTime());
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, HttpContent body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = body };
        return client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).InTime();
    }

    private static async Task<byte?> ReadByteAsync(Stream stream)
    {
        var one = new byte[1];
        return await stream.ReadAsync(one).InTime() == 1 ? one[0] : null;
    }
}
