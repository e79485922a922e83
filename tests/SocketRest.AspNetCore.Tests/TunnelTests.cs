using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SocketRest.Testing;

namespace SocketRest.AspNetCore.Tests;

/// <summary>The tunnel end to end, over Kestrel and over TestServer.</summary>
public sealed class TunnelTests
{
    [Fact]
    public async Task A_call_through_Kestrel_reaches_the_accepting_side()
    {
        await using WebApplication app = Build(kestrel: true);
        await app.StartAsync();
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(new Uri(new Uri(app.Urls.First()), "/tunnel"));
        using var client = new HttpClient(tunnel.CreateHandler()) { BaseAddress = new Uri("http://petstore/") };

        Assert.Equal("Hello, World!", await client.GetStringAsync("/hello"));
        Assert.Equal("Hello, World!", await client.GetStringAsync("/hello"));
        using HttpResponseMessage echoed = await client.PostAsync("/echo", new StringContent("four words of text"));
        Assert.Equal("four words of text", await echoed.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/missing")).StatusCode);
    }

    [Fact]
    public async Task A_call_over_TestServer_reaches_the_accepting_side()
    {
        await using WebApplication app = Build(kestrel: false);
        await app.StartAsync();
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(app.GetTestServer(), "/tunnel");
        using var client = new HttpClient(tunnel.CreateHandler()) { BaseAddress = new Uri("http://petstore/") };

        Assert.Equal("Hello, World!", await client.GetStringAsync("/hello"));
    }

    private static WebApplication Build(bool kestrel)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (kestrel)
        {
            builder.WebHost.UseUrls("http://127.0.0.1:0");
        }
        else
        {
            builder.WebHost.UseTestServer();
        }

        builder.Services.AddSocketRest();
        WebApplication app = builder.Build();
        app.MapGet("/hello", () => "Hello, World!");
        app.MapPost("/echo", async (HttpContext context) => await context.Request.Body.CopyToAsync(context.Response.Body));
        app.MapSocketRest("/tunnel").ServeApplication();
        return app;
    }
}
