using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.OpenApi;
using SocketRest.Cli.Management;
using SocketRest.Cli.Management.Events;

namespace SocketRest.Cli;

/// <summary>
/// What <c>dotnet swagger tofile</c> looks for by this name. It describes the management API from a host that is built and never started, where
/// running the command would need arguments and start a hub to write a file.
/// </summary>
public static class SwaggerHostFactory
{
    public static IHost CreateHost()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSocketRest();
        builder.Services.AddHubManagement();
        builder.Services.AddEndpointsApiExplorer();
        builder.Services.AddSwaggerGen(options =>
        {
            options.SwaggerDoc("v1", new OpenApiInfo
            {
                Title = "SocketRest hub",
                Version = "v1",
                Description = "Who is connected to a hub, and what is asked of them. With keys every request needs an operator's: Authorization: Bearer KEY.",
            });
            options.IncludeXmlComments(typeof(SwaggerHostFactory).Assembly);
            options.SupportNonNullableReferenceTypes();
            options.NonNullableReferenceTypesAsRequired();
            // A body that goes on: a Stream in the generated client.
            options.MapType<Stream>(() => new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" });
            options.DocumentFilter<EventSchema>();
        });

        WebApplication app = builder.Build();
        app.UseRouting();
        app.MapHubManagement();
        // Otherwise the endpoints are only handed to the API explorer when the host starts.
        app.UseEndpoints(_ => { });
        return app;
    }
}
