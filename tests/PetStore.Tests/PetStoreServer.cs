using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using PetStore.Api;
using PetStore.Client;
using SocketRest;
using SocketRest.AspNetCore;
using PetDetails = PetStore.Client.PetDetails;

namespace PetStore.Tests;

/// <summary>A pet store with an empty catalog, and its generated client over one of the ways to reach it.</summary>
internal sealed class PetStoreServer : IAsyncDisposable
{
    private const string Name = "test";

    // What was started last goes first.
    private readonly Stack<IAsyncDisposable> _running = new();

    private PetStoreServer() { }

    public required HttpClient Http { get; init; }

    public IPetStoreClient Client => new PetStoreClient(Http);

    public static Task<PetStoreServer> StartAsync(Reach reach, string environment = "Production") => reach switch
    {
        Reach.Kestrel => DirectAsync(environment),
        Reach.AcceptingSide => AcceptingAsync(environment),
        Reach.DiallingSide => DiallingAsync(environment),
        _ => throw new ArgumentOutOfRangeException(nameof(reach)),
    };

    public static PetDetails Dog(string name = "Biscuit", params string[] tags) => new() { Name = name, Species = "dog", Tags = tags };

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        while (_running.TryPop(out var running))
            await running.DisposeAsync();
    }

    private static async Task<PetStoreServer> DirectAsync(string environment)
    {
        var store = await StartAsync(StoreBuilder(environment), app => app.MapPetStore());
        return Over(new SocketsHttpHandler(), AddressOf(store), store);
    }

    private static async Task<PetStoreServer> AcceptingAsync(string environment)
    {
        var builder = StoreBuilder(environment);
        builder.Services.AddSocketRest();
        var store = await StartAsync(builder, app => app.MapPetStore().MapSocketRest("/tunnel").ServeApplication());
        var tunnel = await SocketRestClient.ConnectAsync(new Uri(AddressOf(store), "/tunnel"));
        return Over(tunnel.CreateHandler(), new Uri("http://petstore/"), store, tunnel);
    }

    private static async Task<PetStoreServer> DiallingAsync(string environment)
    {
        var accepting = Builder(environment);
        accepting.Services.AddSocketRest();
        var hub = await StartAsync(accepting, app => app.MapSocketRest("/tunnel"));

        var dialling = StoreBuilder(environment);
        dialling.Services.AddSocketRestAgent(agent =>
        {
            agent.Uri = new Uri(AddressOf(hub), "/tunnel");
            agent.Name = Name;
        });
        var device = await StartAsync(dialling, app => app.MapPetStore());
        await device.Services.GetRequiredService<SocketRestAgent>().GetConnectionAsync();

        var registry = hub.Services.GetRequiredService<SocketRestConnectionRegistry>();
        // The dialling side is connected a moment before the accepting side has heard so.
        SocketRestConnection connection = await registry.WaitForAsync(one => one.Name == Name).WaitAsync(TimeSpan.FromSeconds(90));
        return Over(connection.CreateHandler(), new Uri("http://petstore/"), hub, device);
    }

    private static PetStoreServer Over(HttpMessageHandler handler, Uri address, params IAsyncDisposable[] running)
    {
        var server = new PetStoreServer { Http = new HttpClient(handler) { BaseAddress = address } };
        foreach (var one in running)
            server._running.Push(one);
        return server;
    }

    private static WebApplicationBuilder StoreBuilder(string environment)
    {
        var builder = Builder(environment);
        builder.Services.AddPetStore(store => store.Name = Name);
        return builder;
    }

    private static WebApplicationBuilder Builder(string environment)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        return builder;
    }

    private static async Task<WebApplication> StartAsync(WebApplicationBuilder builder, Action<WebApplication> map)
    {
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        return app;
    }

    private static Uri AddressOf(WebApplication app) => new(app.Urls.Single());
}
