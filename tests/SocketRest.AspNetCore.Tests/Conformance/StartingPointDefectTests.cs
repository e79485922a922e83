using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>
/// What swaggersocket, the tunnel that SocketRest starts from, gets wrong and HTTP shows. Its defects that only a connection shows
/// (heartbeat, reconnect, handshake, events) are tested where connections are.
/// </summary>
public abstract class StartingPointDefectTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    [Fact]
    public async Task One_call_in_flight_Sixteen_concurrent_callers_get_their_own_answers()
    {
        var arrived = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var client = await ServeAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var text = await reader.ReadToEndAsync();
            if (Interlocked.Increment(ref arrived) == 16)
            {
                all.SetResult();
            }

            await all.Task.InTime();
            await context.Response.WriteAsync($"{context.Request.Path} {text}");
        });

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(async i =>
        {
            using var response = await client.PostAsync($"/{i}", new StringContent($"caller {i}"));
            return await response.Content.ReadAsStringAsync();
        })).InTime();

        Assert.Equal(Enumerable.Range(0, 16).Select(i => $"/{i} caller {i}"), answers);
    }

    [Fact]
    public async Task Unmatched_responses_Answers_in_reverse_order_find_their_requests()
    {
        const int count = 10;
        var arrived = new Signal();
        var gates = Enumerable.Range(0, count).Select(_ => new Signal()).ToArray();
        var client = await ServeAsync(async context =>
        {
            var number = int.Parse(context.Request.Path.Value![1..], System.Globalization.CultureInfo.InvariantCulture);
            arrived.Release();
            await gates[number].NextAsync();
            await context.Response.WriteAsync($"answer {number}");
        });

        var calls = Enumerable.Range(0, count).Select(i => client.GetStringAsync($"/{i}")).ToArray();
        for (var i = 0; i < count; i++)
        {
            await arrived.NextAsync();
        }

        for (var i = count - 1; i >= 0; i--)
        {
            gates[i].Release();
            Assert.Equal($"answer {i}", await calls[i].InTime());
        }
    }

    [FactIf(Capability.Direct)]
    public async Task Mandatory_correlation_header_No_header_is_needed_or_added()
    {
        var client = await ServeAsync(context => context.Response.WriteAsync(
            string.Join(',', context.Request.Headers.Keys.Where(name => name is not ("Host" or "traceparent" or "Traceparent")))));

        Assert.Equal("", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Hard_coded_time_limit_A_call_is_answered_after_many_others()
    {
        var arrived = new Signal();
        var goOn = new Signal();
        var client = await ServeAsync(async context =>
        {
            if (context.Request.Path == "/long")
            {
                arrived.Release();
                await goOn.NextAsync();
            }

            await context.Response.WriteAsync(context.Request.Path);
        });

        var slow = client.GetStringAsync("/long");
        await arrived.NextAsync();
        for (var i = 0; i < 300; i++)
        {
            await client.GetStringAsync("/short");
        }

        goOn.Release();
        Assert.Equal("/long", await slow.InTime());
    }

    [FactIf(Capability.StrictCancellation)]
    public async Task Ignored_cancellation_The_caller_gets_free_and_a_late_answer_breaks_nothing()
    {
        var arrived = new Signal();
        var goOn = new Signal();
        var answered = new Signal();
        var client = await ServeAsync(async context =>
        {
            if (context.Request.Path == "/late")
            {
                arrived.Release();

                // Deaf to RequestAborted, as code of old often is.
                await goOn.NextAsync();
                await Record.ExceptionAsync(() => context.Response.WriteAsync("too late"));
                answered.Release();
                return;
            }

            await context.Response.WriteAsync("right");
        });
        using var cancellation = new CancellationTokenSource();

        var late = client.GetStringAsync("/late", cancellation.Token);
        await arrived.NextAsync();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => late.InTime());
        goOn.Release();
        await answered.NextAsync();

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("right", await client.GetStringAsync("/"));
        }
    }

    [Fact]
    public async Task Unreported_read_error_A_broken_answer_fails_its_call_at_once_and_no_other()
    {
        var arrived = new Signal();
        var goOn = new Signal();
        var client = await ServeAsync(async context =>
        {
            if (context.Request.Path == "/broken")
            {
                await context.Response.WriteAsync("half");
                await context.Response.Body.FlushAsync();
                context.Abort();
                return;
            }

            arrived.Release();
            await goOn.NextAsync();
            await context.Response.WriteAsync("whole");
        });

        var whole = client.GetStringAsync("/whole");
        await arrived.NextAsync();
        var exception = await Record.ExceptionAsync(() => client.GetStringAsync("/broken").InTime());
        goOn.Release();

        Assert.NotNull(exception);
        Assert.IsNotType<TimeoutException>(exception);
        Assert.IsNotAssignableFrom<OperationCanceledException>(exception);
        Assert.Equal("whole", await whole.InTime());
    }

    [Theory]
    [InlineData(4_095)]
    [InlineData(4_096)]
    [InlineData(4_097)]
    [InlineData(40_000)]
    public async Task Lost_bodies_A_request_body_past_four_kilobytes_is_whole(int length)
    {
        var text = string.Concat(Enumerable.Range(0, length / 5).Select(i => $"{i:00000}")).PadRight(length, '!');
        var client = await ServeAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            await context.Response.WriteAsync(await reader.ReadToEndAsync());
        });

        using var response = await client.PostAsync("/", new StringContent(text));

        Assert.Equal(text, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Corrupted_responses_Two_streamed_in_turn_stay_apart()
    {
        var turns = new Dictionary<string, Signal> { ["/a"] = new(), ["/b"] = new() };
        var client = await ServeAsync(async context =>
        {
            await context.Response.Body.FlushAsync();
            for (var i = 0; i < 50; i++)
            {
                await turns[context.Request.Path!].NextAsync();
                await context.Response.WriteAsync($"{context.Request.Path}{i:00}");
                await context.Response.Body.FlushAsync();
            }
        });
        using var first = await client.GetAsync("/a", HttpCompletionOption.ResponseHeadersRead);
        using var second = await client.GetAsync("/b", HttpCompletionOption.ResponseHeadersRead);
        await using var a = await first.Content.ReadAsStreamAsync();
        await using var b = await second.Content.ReadAsStreamAsync();

        for (var i = 0; i < 50; i++)
        {
            turns["/a"].Release();
            turns["/b"].Release();
            Assert.Equal($"/b{i:00}", await ReadAsync(b));
            Assert.Equal($"/a{i:00}", await ReadAsync(a));
        }

        static async Task<string> ReadAsync(Stream stream)
        {
            var piece = new byte[4];
            await stream.ReadExactlyAsync(piece).InTime();
            return System.Text.Encoding.ASCII.GetString(piece);
        }
    }

    [Fact]
    public async Task Truncating_flush_Empty_flushes_and_writes_end_nothing()
    {
        var client = await ServeAsync(async context =>
        {
            for (var i = 0; i < 10; i++)
            {
                await context.Response.Body.FlushAsync();
                await context.Response.Body.WriteAsync(ReadOnlyMemory<byte>.Empty);
                await context.Response.BodyWriter.FlushAsync();
                await context.Response.WriteAsync($"{i}");
                await context.Response.Body.FlushAsync();
                await context.Response.Body.FlushAsync();
            }
        });

        Assert.Equal("0123456789", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Fatal_panic_A_handler_that_throws_harms_no_call_in_flight()
    {
        var arrived = new Signal();
        var goOn = new Signal();
        var client = await ServeAsync(async context =>
        {
            if (context.Request.Path == "/throw")
            {
                throw new InvalidOperationException("secret");
            }

            arrived.Release();
            await goOn.NextAsync();
            await context.Response.WriteAsync("survived");
        });

        var inFlight = client.GetStringAsync("/");
        await arrived.NextAsync();
        for (var i = 0; i < 10; i++)
        {
            await Record.ExceptionAsync(() => client.GetStringAsync("/throw").InTime());
        }

        goOn.Release();
        Assert.Equal("survived", await inFlight.InTime());
    }

    [Fact]
    public async Task Silent_end_of_serving_Odd_requests_do_not_end_it()
    {
        var client = await ServeAsync(context => context.Response.WriteAsync("fine"));
        HttpRequestMessage[] odd =
        [
            new(new HttpMethod("BREW"), "/"),
            new(HttpMethod.Get, "/?" + new string('q', 20_000)),
            new(HttpMethod.Post, "/") { Content = new ByteArrayContent([]) { Headers = { { "Content-Encoding", "nonsense" } } } },
            new(HttpMethod.Get, "/") { Headers = { { "X-Huge", new string('h', 60_000) } } },
            new(HttpMethod.Trace, "/%zz%FF%/..//"),
        ];

        foreach (var request in odd)
        {
            // What becomes of each is not the point: that the next one is answered is.
            await Record.ExceptionAsync(async () =>
            {
                using var response = await client.SendAsync(request).InTime();
            });
            Assert.Equal("fine", await client.GetStringAsync("/"));
        }
    }
}
