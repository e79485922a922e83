using Microsoft.Extensions.DependencyInjection;

namespace SocketRest.Tests.Serving;

/// <summary>Tunnels under <see cref="IHttpClientFactory"/>: the factory's handlers come and go, the connection stays.</summary>
public sealed class HttpClientFactoryTests
{
    [Fact]
    public async Task Typed_client_calls_through_the_named_tunnel()
    {
        await using var listener = new InMemoryListener((request, _) => Answer(request.RequestUri!.AbsoluteUri));
        await using ServiceProvider provider = Services(listener)
            .AddHttpClient<Pets>(client => client.BaseAddress = new Uri("http://petstore/")).UseSocketRest("hub").Services
            .BuildServiceProvider();

        Assert.Equal("http://petstore/pets/7", await provider.GetRequiredService<Pets>().NameAsync(7).InTime());
        Assert.Equal("http://petstore/pets/8", await provider.GetRequiredService<Pets>().NameAsync(8).InTime());
        Assert.Equal(1, listener.Dials);
    }

    [Fact]
    public async Task Two_names_are_two_tunnels()
    {
        await using var one = new InMemoryListener((_, _) => Answer("one"));
        await using var two = new InMemoryListener((_, _) => Answer("two"));
        ServiceCollection services = Services(one);
        services.AddSocketRestClient("other", options => options.WebSocketFactory = two.ConnectAsync);
        services.AddHttpClient("a").UseSocketRest("hub");
        services.AddHttpClient("b").UseSocketRest("other");
        await using ServiceProvider provider = services.BuildServiceProvider();
        var factory = provider.GetRequiredService<IHttpClientFactory>();

        Assert.Equal("one", await factory.CreateClient("a").GetStringAsync("http://any/").InTime());
        Assert.Equal("two", await factory.CreateClient("b").GetStringAsync("http://any/").InTime());
    }

    [Fact]
    public async Task Handlers_that_the_factory_rotates_out_do_not_close_the_connection()
    {
        await using var listener = new InMemoryListener((_, _) => Answer("answer"));
        var handlers = new List<SocketRestHandler>();
        ServiceCollection services = Services(listener);
        services.AddHttpClient("first").UseSocketRest("hub", handlers.Add);
        services.AddHttpClient("second").UseSocketRest("hub", handlers.Add);
        await using ServiceProvider provider = services.BuildServiceProvider();
        var factory = provider.GetRequiredService<IHttpClientFactory>();

        using (HttpClient client = factory.CreateClient("first"))
        {
            Assert.Equal("answer", await client.GetStringAsync("http://any/").InTime());
        }

        // What the factory does to a handler once its lifetime is over and its clients are gone.
        Assert.Single(handlers).Dispose();

        using HttpClient next = factory.CreateClient("second");
        Assert.Equal("answer", await next.GetStringAsync("http://any/").InTime());
        Assert.Equal(2, handlers.Count);
        Assert.Equal(1, listener.Dials);
    }

    [Fact]
    public async Task Switches_of_the_handler_can_be_set()
    {
        await using var listener = new InMemoryListener((_, _) => Task.FromResult(new HttpResponseMessage
        {
            StatusCode = System.Net.HttpStatusCode.Found,
            Headers = { Location = new Uri("http://any/elsewhere") },
        }));
        ServiceCollection services = Services(listener);
        services.AddHttpClient("pets").UseSocketRest("hub", handler => handler.AllowAutoRedirect = false);
        await using ServiceProvider provider = services.BuildServiceProvider();

        using HttpResponseMessage response = await provider.GetRequiredService<IHttpClientFactory>().CreateClient("pets").GetAsync("http://any/").InTime();

        Assert.Equal(System.Net.HttpStatusCode.Found, response.StatusCode);
    }

    [Fact]
    public async Task Missing_tunnel_is_named()
    {
        var services = new ServiceCollection();
        services.AddHttpClient("pets").UseSocketRest("hub");
        await using ServiceProvider provider = services.BuildServiceProvider();

        var exception = Assert.Throws<InvalidOperationException>(() => provider.GetRequiredService<IHttpClientFactory>().CreateClient("pets"));

        Assert.Contains("AddSocketRestClient(\"hub\"", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tunnel_without_an_address_is_named_when_it_is_used()
    {
        var services = new ServiceCollection();
        services.AddSocketRestClient("hub", _ => { });
        await using ServiceProvider provider = services.BuildServiceProvider();

        var exception = Assert.Throws<ArgumentException>(() => provider.GetRequiredKeyedService<SocketRestClient>("hub"));

        Assert.Equal("Uri", exception.ParamName);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Disposing_the_provider_closes_the_connection(bool synchronously)
    {
        await using var listener = new InMemoryListener((_, _) => Answer("answer"));
        ServiceProvider provider = Services(listener).BuildServiceProvider();
        SocketRestConnection dialled = await provider.GetRequiredKeyedService<SocketRestClient>("hub").GetConnectionAsync().InTime();
        SocketRestConnection accepted = await listener.NextAsync();

        if (synchronously)
        {
            provider.Dispose();
        }
        else
        {
            await provider.DisposeAsync();
        }

        // A graceful end at both sides: no exception.
        await accepted.Completion.InTime();
        await dialled.Completion.InTime();
    }

    private static ServiceCollection Services(InMemoryListener listener)
    {
        var services = new ServiceCollection();
        services.AddSocketRestClient("hub", options => options.WebSocketFactory = listener.ConnectAsync);
        return services;
    }

    private static Task<HttpResponseMessage> Answer(string text) => Task.FromResult(new HttpResponseMessage { Content = new StringContent(text) });

#pragma warning disable CA1812 // Made by the factory.
    private sealed class Pets(HttpClient client)
#pragma warning restore CA1812
    {
        public Task<string> NameAsync(int id) => client.GetStringAsync($"pets/{id}");
    }
}
