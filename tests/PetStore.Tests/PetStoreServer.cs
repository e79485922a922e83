using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using PetStore.Api;
using PetStore.Client;
using PetDetails = PetStore.Client.PetDetails;

namespace PetStore.Tests;

/// <summary>A pet store on Kestrel with an empty catalog, and its generated client.</summary>
internal sealed class PetStoreServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private PetStoreServer(WebApplication app)
    {
        _app = app;
        Http = new HttpClient { BaseAddress = new Uri($"{app.Urls.Single()}/") };
        Client = new PetStoreClient(Http);
    }

    public HttpClient Http { get; }

    public PetStoreClient Client { get; }

    public static async Task<PetStoreServer> StartAsync(string environment = "Production")
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddPetStore(store => store.Name = "test");
        var app = builder.Build();
        app.MapPetStore();
        await app.StartAsync();
        return new PetStoreServer(app);
    }

    public static PetDetails Dog(string name = "Biscuit", params string[] tags) => new() { Name = name, Species = "dog", Tags = tags };

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }
}
