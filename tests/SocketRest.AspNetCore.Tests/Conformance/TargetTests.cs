using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>The request target byte for byte, and what the application makes of it.</summary>
public abstract class TargetTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    private static readonly RequestDelegate Describe = context => context.Response.WriteAsJsonAsync(new Target(
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
        context.Request.Path.Value,
        context.Request.QueryString.Value,
        context.Request.Host.Value,
        context.Request.Scheme,
        context.Request.PathBase.Value));

    [TheoryIf(Capability.RawTarget)]
    [InlineData("/", "/")]
    [InlineData("/plain", "/plain")]
    [InlineData("/trailing/", "/trailing/")]
    [InlineData("/a%20b", "/a b")]
    [InlineData("/a%2Fb", "/a%2Fb")]
    [InlineData("/a%2fb", "/a%2fb")]
    [InlineData("/a%252Fb", "/a%2Fb")]
    [InlineData("/a%25b", "/a%b")]
    [InlineData("/caf%C3%A9", "/café")]
    [InlineData("/caf%c3%a9", "/café")]
    [InlineData("/caf%C3%a9/%e2%82%AC", "/café/€")]
    [InlineData("/%F0%9F%90%95", "/🐕")]
    [InlineData("/%FF", "/%FF")]
    [InlineData("/%4", "/%4")]
    [InlineData("/%zz", "/%zz")]
    [InlineData("/a+b", "/a+b")]
    [InlineData("/a;v=1/b;c", "/a;v=1/b;c")]
    [InlineData("/a:b@c,d$e&f=g", "/a:b@c,d$e&f=g")]
    [InlineData("/~tilde'(paren)*!", "/~tilde'(paren)*!")]
    [InlineData("//double//slash", "//double//slash")]
    [InlineData("/a//b", "/a//b")]
    [InlineData("/a/./b/../c", "/a/c")]
    [InlineData("/a/%2e%2E/b", "/b")]
    [InlineData("/../../up", "/up")]
    [InlineData("/a/..", "/")]
    [InlineData("/%41%5A", "/AZ")]
    public async Task Path_is_kept_raw_and_decoded_as_Kestrel_does(string raw, string path)
    {
        var target = await GetAsync(raw);

        Assert.Equal(raw, target.Raw);
        Assert.Equal(path, target.Path);
        Assert.Equal("", target.Query);
    }

    [TheoryIf(Capability.RawTarget)]
    [InlineData("?", "?")]
    [InlineData("?a=1&b=2", "?a=1&b=2")]
    [InlineData("?a=%20%2F%3f+x", "?a=%20%2F%3f+x")]
    [InlineData("?q=caf%C3%A9", "?q=caf%C3%A9")]
    [InlineData("?a?b/c", "?a?b/c")]
    [InlineData("?=&&;", "?=&&;")]
    [InlineData("?a=../../b", "?a=../../b")]
    [InlineData("?%00", "?%00")]
    [InlineData("?a=[1]{2}|3^", "?a=[1]{2}|3^")]
    public async Task Query_is_kept_raw(string query, string expected)
    {
        var target = await GetAsync("/path" + query);

        Assert.Equal("/path" + query, target.Raw);
        Assert.Equal("/path", target.Path);
        Assert.Equal(expected, target.Query);
    }

    [Fact]
    public async Task Query_of_eight_kilobytes_is_whole()
    {
        var value = new string('x', 7_900);

        var client = await ServeAsync(Describe);

        var target = await ReadAsync(await client.GetAsync("/path?long=" + value));

        Assert.Equal("?long=" + value, target.Query);
    }

    [Fact]
    public async Task Query_is_parsed_with_repeated_and_encoded_values()
    {
        var client = await ServeAsync(context =>
        {
            var query = context.Request.Query;
            return context.Response.WriteAsync($"{query["a"]}|{query["é"]}|{query["none"].Count}");
        });

        Assert.Equal("1,2 3|+|0", await client.GetStringAsync("/?a=1&a=2%203&%C3%A9=%2B"));
    }

    [Fact]
    public async Task Non_ASCII_path_is_encoded_by_the_caller_and_decoded_for_the_application()
    {
        var client = await ServeAsync(Describe);

        var target = await ReadAsync(await client.GetAsync("/naïve/日本?q=ü"));

        Assert.Equal("/naïve/日本", target.Path);
        Assert.Equal("?q=%C3%BC", target.Query);
    }

    [Fact]
    public async Task Fragment_is_not_sent()
    {
        var client = await ServeAsync(Describe);

        var target = await ReadAsync(await client.GetAsync("/page?a=1#section"));

        Assert.Equal("/page", target.Path);
        Assert.Equal("?a=1", target.Query);
    }

    [FactIf(Capability.RawTarget)]
    public async Task Path_with_a_null_is_refused_and_harms_no_other_request()
    {
        var reached = false;
        var host = await StartAsync(app => app.Run(async context =>
        {
            reached |= context.Request.Path != "/fine";
            await context.Response.WriteAsync("fine");
        }));
        var client = CreateClient(host);

        // HTTP/1.1 answers 400; HTTP/2 resets the stream, as for any malformed request.
        var refused = false;
        try
        {
            using var response = await client.GetAsync(AsWritten(host, "/a%00b"));
            refused = response.StatusCode == HttpStatusCode.BadRequest;
        }
        catch (HttpRequestException)
        {
            refused = true;
        }

        Assert.True(refused);
        Assert.False(reached);
        Assert.Equal("fine", await client.GetStringAsync("/fine"));
    }

    [Fact]
    public async Task Host_is_that_of_the_uri()
    {
        var host = await StartAsync(app => app.Run(Describe));
        var client = CreateClient(host);

        var target = await ReadAsync(await client.GetAsync("/"));

        Assert.Equal(host.BaseAddress.IsDefaultPort ? host.BaseAddress.Host : host.BaseAddress.Authority, target.Host);
        Assert.Equal("http", target.Scheme);
        Assert.Equal("", target.PathBase);
    }

    [TheoryIf(Capability.Direct)]
    [InlineData("petstore.example:8080")]
    [InlineData("petstore.example")]
    [InlineData("[::1]:81")]
    public async Task Host_is_overridden_by_its_header(string value)
    {
        var client = await ServeAsync(Describe);
        var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Host = value } };

        var target = await ReadAsync(await client.SendAsync(request));

        Assert.Equal(value, target.Host);
    }

    [FactIf(Capability.Direct)]
    public async Task Host_header_is_readable_as_a_header()
    {
        var client = await ServeAsync(context => context.Response.WriteAsync(context.Request.Headers.Host.ToString()));
        var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Host = "petstore.example" } };

        using var response = await client.SendAsync(request);

        Assert.Equal("petstore.example", await response.Content.ReadAsStringAsync());
    }

    private async Task<Target> GetAsync(string pathAndQuery)
    {
        var host = await StartAsync(app => app.Run(Describe));
        return await ReadAsync(await CreateClient(host).GetAsync(AsWritten(host, pathAndQuery)));
    }

    /// <summary>A URI that goes out as it is: the ordinary one would tidy the path up before any handler sees it.</summary>
    private static Uri AsWritten(TransportHost host, string pathAndQuery)
    {
        var options = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        return new Uri(host.BaseAddress.GetLeftPart(UriPartial.Authority) + pathAndQuery, in options);
    }

    private static async Task<Target> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            response.EnsureSuccessStatusCode();
            return JsonSerializer.Deserialize<Target>(await response.Content.ReadAsStringAsync(), JsonSerializerOptions.Web)!;
        }
    }

    private sealed record Target(string Raw, string? Path, string? Query, string? Host, string Scheme, string? PathBase);
}
