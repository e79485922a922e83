using PetStore.Api;

namespace PetStore;

/// <summary>
/// What <c>dotnet swagger tofile</c> looks for by this name. It describes the API from a host that is built and never started, where
/// running the program would start a hub and a device to write a file.
/// </summary>
public static class SwaggerHostFactory
{
    public static IHost CreateHost()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddPetStore(_ => { }).AddPetStoreDocument();

        var app = builder.Build();
        app.UseRouting();
        app.MapPetStore();
        // Otherwise the endpoints are only handed to the API explorer when the host starts.
        app.UseEndpoints(_ => { });
        return app;
    }
}
