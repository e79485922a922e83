using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.Testing;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>An integration test as the README shows it: a tunnel of the application that the factory starts.</summary>
public sealed class WebApplicationFactoryTests
{
    [Fact]
    public async Task Tunnel_of_a_factorys_application()
    {
        await using var factory = new ApplicationFactory();
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(factory.Server, "/tunnel").InTime();
        using HttpClient client = tunnel.CreateClient();

        Assert.Equal("HTTP/2", await client.GetStringAsync("/protocol").InTime());
        Assert.Equal("HTTP/1.1", await factory.CreateClient().GetStringAsync("/protocol").InTime());
    }

    [Fact]
    public async Task Configuration_of_the_factory_reaches_what_is_called_through_the_tunnel()
    {
        await using var factory = new ApplicationFactory();
        await using WebApplicationFactory<WebApplicationFactoryTests> changed = factory.WithWebHostBuilder(builder =>
            builder.ConfigureServices(services => services.AddSingleton(new Greeting("from the test"))));
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(changed.Server, "/tunnel").InTime();
        using HttpClient client = tunnel.CreateClient();

        Assert.Equal("from the test", await client.GetStringAsync("/greeting").InTime());
    }

    [Fact]
    public async Task Wrong_path_is_named()
    {
        await using var factory = new ApplicationFactory();

        SocketRestException exception = await Assert.ThrowsAsync<SocketRestException>(
            () => SocketRestClient.ConnectAsync(factory.Server, "/elsewhere").InTime());

        Assert.Equal(SocketRestErrorCode.ConnectFailed, exception.ErrorCode);
        Assert.Contains("404", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Disposing_the_factory_first_ends_the_tunnel(bool synchronously)
    {
        var factory = new ApplicationFactory();
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(factory.Server, "/tunnel").InTime();
        SocketRestConnection connection = tunnel.Connection!;

        if (synchronously)
        {
            factory.Dispose();
        }
        else
        {
            await factory.DisposeAsync().AsTask().InTime();
        }

        await Task.WhenAny(connection.Completion).InTime();
    }

    /// <summary>
    /// The entry point of a test assembly is its runner's, so the application is built here and not by a Program; from the host on it is the
    /// factory's own way.
    /// </summary>
    private sealed class ApplicationFactory : WebApplicationFactory<WebApplicationFactoryTests>
    {
        protected override IHostBuilder CreateHostBuilder() => new HostBuilder().ConfigureWebHost(host => host
            .ConfigureServices(services =>
            {
                services.AddRouting();
                services.AddSocketRest();
                services.AddSingleton(new Greeting("from the application"));
            })
            .Configure(app =>
            {
                app.UseRouting();
                app.UseEndpoints(endpoints =>
                {
                    endpoints.MapGet("/protocol", (HttpContext context) => context.Request.Protocol);
                    endpoints.MapGet("/greeting", (Greeting greeting) => greeting.Text);
                    endpoints.MapSocketRest("/tunnel").ServeApplication();
                });
            }));

        protected override void ConfigureWebHost(IWebHostBuilder builder) => builder.UseContentRoot(AppContext.BaseDirectory);
    }

    private sealed record Greeting(string Text);
}
