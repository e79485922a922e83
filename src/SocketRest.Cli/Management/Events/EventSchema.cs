using Microsoft.OpenApi;
using SocketRest.Cli.Management.Model;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace SocketRest.Cli.Management.Events;

/// <summary>Says what the data of an event is: no operation returns one by itself.</summary>
internal sealed class EventSchema : IDocumentFilter
{
    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context) => context.SchemaGenerator.GenerateSchema(typeof(HubEvent), context.SchemaRepository);
}
