using Microsoft.OpenApi;

namespace PetStore.Api;

/// <summary>The API's OpenAPI document, which the page at /swagger shows and the client is generated from.</summary>
internal static class PetStoreDocument
{
    public const string Name = "v1";

    public static IServiceCollection AddPetStoreDocument(this IServiceCollection services)
    {
        services.AddEndpointsApiExplorer();
        return services.AddSwaggerGen(options =>
        {
            options.SwaggerDoc(Name, new OpenApiInfo
            {
                Title = "Pet store",
                Version = Name,
                Description = "Served alike by a hub that accepts tunnels and by a device that dials out.",
            });
            // An endpoint that names another document is not in this one, and the other way round.
            options.DocInclusionPredicate((document, endpoint) => (endpoint.GroupName ?? Name) == document);
            options.IncludeXmlComments(typeof(PetStoreDocument).Assembly);
            options.SupportNonNullableReferenceTypes();
            options.NonNullableReferenceTypesAsRequired();
            // Bodies that are bytes: a file to choose on the page, a Stream in the generated client.
            options.MapType<Stream>(() => new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" });
            options.DocumentFilter<StreamedSchemas>();
        });
    }
}
