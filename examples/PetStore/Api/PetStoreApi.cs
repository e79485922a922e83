using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace PetStore.Api;

/// <summary>The whole API in two calls: the hub and the device each serve their own store with it.</summary>
internal static class PetStoreApi
{
    public static IServiceCollection AddPetStore(this IServiceCollection services, Action<PetStoreOptions> configure)
    {
        services.Configure(configure);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<PetChangeLog>();
        services.AddSingleton(OpenCatalog);
        services.AddValidation();
        services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.Converters.Add(new JsonStringEnumConverter());
            // "tags": null breaks the type's promise and is a bad request, where the serializer would let it pass.
            options.SerializerOptions.RespectNullableAnnotations = true;
        });
        services.AddProblemDetails();
        // A body that is no JSON is the caller's mistake in every environment: a 400 with problem details, not an exception in development.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = false);
        return services;
    }

    public static WebApplication MapPetStore(this WebApplication app)
    {
        // Both give a body of problem details to what would have none: an exception, and a bare status code such as 415.
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.MapPets();
        app.MapPhotos();
        app.MapStore();
        return app;
    }

    private static PetCatalog OpenCatalog(IServiceProvider services)
    {
        var catalog = ActivatorUtilities.CreateInstance<PetCatalog>(services);
        foreach (var pet in services.GetRequiredService<IOptions<PetStoreOptions>>().Value.Pets)
            catalog.Add(pet);
        return catalog;
    }
}
