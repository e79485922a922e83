using PetStore.Api;

namespace PetStore;

/// <summary>The device behind NAT: an ASP.NET Core app that listens nowhere, dials the hub and serves its API on that connection.</summary>
internal static class Device
{
    public const string DefaultName = "kiln-7";

    public static async Task<int> RunAsync(Uri tunnel, string name, bool endsWithInput)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddPetStore(store => Stock.Device(store, name));
        builder.Services.AddSocketRestAgent(agent =>
        {
            agent.Uri = tunnel;
            agent.Name = name;
        });

        await using var app = builder.Build();
        app.MapPetStore();
        if (endsWithInput)
            _ = EndWithInputAsync(app);
        await app.RunAsync();
        return 0;
    }

    // The hub holds the other end of this process's input: however the hub ends, the device does not outlive it.
    private static async Task EndWithInputAsync(WebApplication app)
    {
        await Console.OpenStandardInput().CopyToAsync(Stream.Null);
        app.Lifetime.StopApplication();
    }
}
