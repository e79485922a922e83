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
        builder.Services.AddSocketRest();

        var app = builder.Build();
        app.MapPetStore();
        app.MapSocketRest(TunnelPath).ServeApplication();
        app.UseSwagger();
        app.UseSwaggerUI();
        app.MapGet("/", () => TypedResults.Redirect("/swagger")).ExcludeFromDescription();
        return app;
    }
}
