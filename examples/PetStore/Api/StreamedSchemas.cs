using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace PetStore.Api;

/// <summary>
/// Describes what the events carry: to OpenAPI 3.0 an event stream is only bytes, and its clients would lack the type to read them with.
/// </summary>
internal sealed class StreamedSchemas : IDocumentFilter
{
    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context)
    {
        if (context.DocumentName == PetStoreDocument.Name)
            context.SchemaGenerator.GenerateSchema(typeof(PetChange), context.SchemaRepository);
    }
}
