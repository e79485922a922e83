using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>Trailers of requests and responses.</summary>
public abstract class TrailerTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    [FactIf(Capability.Direct)]
    public async Task Application_is_told_whether_trailers_will_travel()
    {
        var client = await ServeAsync(context => context.Response.WriteAsync($"{context.Response.SupportsTrailers()}"));

        Assert.Equal(Offers(Capability.ResponseTrailers).ToString(), await client.GetStringAsync("/"));
    }

    [TheoryIf(Capability.ResponseTrailers)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Trailer_follows_the_body(bool declared)
    {
        var client = await ServeAsync(async context =>
        {
            if (declared)
            {
                context.Response.DeclareTrailer("X-Checksum");
            }

            await context.Response.WriteAsync("body");
            context.Response.AppendTrailer("X-Checksum", "abc");
        });

        using var response = await client.GetAsync("/");

        Assert.Equal("body", await response.Content.ReadAsStringAsync());
        Assert.Equal("abc", response.TrailingHeaders.GetValues("X-Checksum").Single());
        Assert.False(response.Headers.Contains("X-Checksum"));
        Assert.Equal(declared, response.Headers.Trailer.Contains("X-Checksum"));
    }

    [FactIf(Capability.ResponseTrailers)]
    public async Task Trailer_follows_an_empty_body()
    {
        var client = await ServeAsync(context =>
        {
            context.Response.AppendTrailer("grpc-status", "0");
            return Task.CompletedTask;
        });

        using var response = await client.GetAsync("/");

        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
    }

    [TheoryIf(Capability.ResponseTrailers | Capability.HeadDropsBody)]
    [InlineData("HEAD", 200)]
    [InlineData("GET", 204)]
    [InlineData("GET", 205)]
    [InlineData("GET", 304)]
    public async Task Trailer_follows_an_answer_that_has_no_body(string method, int status)
    {
        var client = await ServeAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.AppendTrailer("X-Checksum", "abc");
            return Task.CompletedTask;
        });

        using var response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), "/")).InTime();

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("abc", response.TrailingHeaders.GetValues("X-Checksum").Single());
    }

    [FactIf(Capability.ResponseTrailers)]
    public async Task Trailer_is_there_once_a_streamed_body_has_ended()
    {
        var goOn = new Signal();
        var client = await ServeAsync(async context =>
        {
            await context.Response.WriteAsync("body");
            await context.Response.Body.FlushAsync();
            await goOn.NextAsync();
            context.Response.AppendTrailer("X-Late", "yes");
        });

        using var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await stream.ReadExactlyAsync(new byte[4]).InTime();
        Assert.Empty(response.TrailingHeaders);
        goOn.Release();

        Assert.Equal(0, await stream.ReadAsync(new byte[1]).InTime());
        Assert.Equal("yes", response.TrailingHeaders.GetValues("X-Late").Single());
    }

    [FactIf(Capability.ResponseTrailers)]
    public async Task Trailers_may_be_many_long_repeated_and_not_ASCII()
    {
        var longValue = new string('t', 8_000);
        var client = await ServeAsync(async context =>
        {
            await context.Response.WriteAsync("body");
            for (var i = 0; i < 20; i++)
            {
                context.Response.AppendTrailer($"X-Trailer-{i}", $"v{i}");
            }

            context.Response.AppendTrailer("X-Long", longValue);
            context.Response.AppendTrailer("X-Name", "naïve 日本");
            context.Response.AppendTrailer("X-Many", new(["a", "b"]));
        });

        using var response = await client.GetAsync("/");

        Assert.All(Enumerable.Range(0, 20), i => Assert.Equal($"v{i}", response.TrailingHeaders.GetValues($"X-Trailer-{i}").Single()));
        Assert.Equal(longValue, response.TrailingHeaders.GetValues("X-Long").Single());
        Assert.Equal("naïve 日本", response.TrailingHeaders.GetValues("X-Name").Single());
        Assert.Equal(["a", "b"], response.TrailingHeaders.GetValues("X-Many"));
    }

    [FactIf(Capability.ResponseTrailers)]
    public async Task Trailer_follows_a_large_body()
    {
        var body = Payload.Bytes(1_000_000);
        var client = await ServeAsync(async context =>
        {
            await context.Response.Body.WriteAsync(body);
            context.Response.AppendTrailer("X-Length", "1000000");
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(body, await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("1000000", response.TrailingHeaders.GetValues("X-Length").Single());
    }

    [FactIf(Capability.ResponseTrailers | Capability.EarlyCompletion)]
    public async Task Trailers_are_sent_by_completing()
    {
        var answered = new Signal();
        var client = await ServeAsync(async context =>
        {
            await context.Response.WriteAsync("body");
            context.Response.AppendTrailer("X-Early", "1");
            await context.Response.CompleteAsync();
            await answered.NextAsync();
        });

        using var response = await client.GetAsync("/");

        Assert.Equal("1", response.TrailingHeaders.GetValues("X-Early").Single());
        answered.Release();
    }

    [FactIf(Capability.ResponseTrailers | Capability.EarlyCompletion)]
    public async Task Trailer_after_completing_throws_where_it_is_set_and_harms_nothing()
    {
        var answered = new Signal();
        var appended = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var client = await ServeAsync(async context =>
        {
            await context.Response.WriteAsync("body");
            context.Response.AppendTrailer("X-Early", "1");
            await context.Response.CompleteAsync();
            await answered.NextAsync();
            await Patience.UntilAsync(() => !context.Response.SupportsTrailers());
            appended.SetResult(Record.Exception(() => context.Response.AppendTrailer("X-Late", "1")));
        });

        using var response = await client.GetAsync("/");
        answered.Release();

        Assert.IsType<InvalidOperationException>(await appended.Task.InTime());
        Assert.Equal("1", response.TrailingHeaders.GetValues("X-Early").Single());
        Assert.False(response.TrailingHeaders.Contains("X-Late"));
    }

    [TheoryIf(Capability.ResponseTrailers | Capability.ValidatesResponseHeaders)]
    [InlineData("X-Trailer", "line\r\nbreak")]
    [InlineData("X-Trailer", "a\0b")]
    [InlineData("X Trailer", "1")]
    public async Task Trailer_that_cannot_be_sent_throws_where_it_is_set(string name, string value)
    {
        var client = await ServeAsync(async context =>
        {
            await context.Response.WriteAsync("body");
            Assert.Throws<InvalidOperationException>(() => context.Response.AppendTrailer(name, value));
        });

        using var response = await client.GetAsync("/");

        Assert.Equal("body", await response.Content.ReadAsStringAsync());
        Assert.Empty(response.TrailingHeaders);
    }

    [FactIf(Capability.ResponseTrailers)]
    public async Task Trailers_of_one_response_are_not_those_of_the_next()
    {
        var client = await ServeAsync(async context =>
        {
            await context.Response.WriteAsync("body");
            if (context.Request.Path == "/with")
            {
                context.Response.AppendTrailer("X-Trailer", "1");
            }
        });

        for (var i = 0; i < 5; i++)
        {
            using var with = await client.GetAsync("/with");
            using var without = await client.GetAsync("/without");
            Assert.Single(with.TrailingHeaders);
            Assert.Empty(without.TrailingHeaders);
        }
    }

    [FactIf(Capability.DetectsRequestTrailers)]
    public async Task Request_without_trailers_has_none_at_its_end()
    {
        var client = await ServeAsync(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await context.Response.WriteAsync($"{context.Request.CheckTrailersAvailable()}|{context.Request.GetTrailer("X-None").Count}");
        });

        using var response = await client.PostAsync("/", Payload.Streamed([1, 2, 3]));

        Assert.Equal("True|0", await response.Content.ReadAsStringAsync());
    }

    [FactIf(Capability.RequestTrailers)]
    public async Task Request_trailers_are_there_once_the_body_has_ended()
    {
        var host = await StartAsync(app => app.Run(async context =>
        {
            var request = context.Request;
            Assert.True(request.SupportsTrailers());
            using var reader = new StreamReader(request.Body);
            var body = await reader.ReadToEndAsync();
            Assert.True(request.CheckTrailersAvailable());
            Assert.False(request.Headers.ContainsKey("X-Checksum"));
            await context.Response.WriteAsync($"{body}|{request.GetTrailer("X-Checksum")}|{request.GetTrailer("x-other")}");
        }));

        var answer = await host.PostWithTrailersAsync("body", [new("X-Checksum", "abc"), new("X-Other", "naïve")]).InTime();

        Assert.Equal("body|abc|naïve", answer);
    }

    [FactIf(Capability.RequestTrailers)]
    public async Task Request_trailers_follow_an_empty_body()
    {
        var host = await StartAsync(app => app.Run(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await context.Response.WriteAsync(context.Request.GetTrailer("X-Checksum").ToString());
        }));

        Assert.Equal("abc", await host.PostWithTrailersAsync("", [new("X-Checksum", "abc")]).InTime());
    }
}
