using Microsoft.OpenApi;
using PetStore.Api;

namespace PetStore;

/// <summary>The hub: an ASP.NET Core app that listens, accepts tunnels and serves its own store to whoever dials in.</summary>
internal static class Hub
{
    public const string TunnelPath = "/tunnel";

    public static WebApplication Build(string url)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls(url);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        // What keeps the hub from starting is said in a sentence, without the stack trace that the host would log before it.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Services.AddPetStore(Stock.Hub).AddPetStoreDocument();
        builder.Services.ConfigureSwaggerGen(swagger =>
            swagger.SwaggerDoc(DeviceEndpoints.Document, new OpenApiInfo { Title = DeviceEndpoints.Title, Version = "v1" }));
        builder.Services.AddSocketRest();

        var app = builder.Build();
        app.MapPetStore();
        app.MapDevices();
        app.MapSocketRest(TunnelPath).ServeApplication();
        app.UseSwagger();
        app.UseSwaggerUI(page =>
        {
            page.DocumentTitle = "Pet store over SocketRest";
            page.DefaultModelsExpandDepth(0);
            page.EnableDeepLinking();
            page.EnableTryItOutByDefault();
            page.SwaggerEndpoint($"/swagger/{PetStoreDocument.Name}/swagger.json", "The hub's pet store");
            page.SwaggerEndpoint($"/swagger/{DeviceEndpoints.Document}/swagger.json", DeviceEndpoints.Title);
        });
        app.MapGet("/", () => TypedResults.Redirect("/swagger")).ExcludeFromDescription();
        return app;
    }
}
