using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SocketRest.Cli.Tests.Dashboard;

/// <summary>An API with a document that says that it is somewhere else.</summary>
internal static class DocumentedAgent
{
    public const string Document = """
        {
          "openapi": "3.0.4",
          "info": { "title": "Kiln", "version": "v1", "description": "What a kiln can do.<img src=x onerror=document.title='run'>" },
          "servers": [{ "url": "http://192.168.7.7:5000/" }],
          "paths": {
            "/temperature/{zone}": {
              "get": {
                "operationId": "getTemperature", "summary": "Measures a zone.", "servers": [{ "url": "http://elsewhere.example" }],
                "parameters": [{ "name": "zone", "in": "path", "required": true, "schema": { "type": "integer" }, "example": 3 }],
                "responses": { "200": { "description": "Degrees.", "content": { "application/json": { "schema": { "type": "object" } } } } }
              }
            },
            "/away": {
              "get": { "operationId": "away", "summary": "Answers with a redirect.", "responses": { "200": { "description": "Never." } } }
            },
            "/../../_hub/api/hub": {
              "get": { "operationId": "leave", "summary": "Goes where it must not.", "responses": { "200": { "description": "Never." } } }
            }
          }
        }
        """;

    public static Action<WebApplication> At(string path) => app =>
    {
        app.MapGet(path, () => Results.Text(Document, "application/json"));
        app.MapGet("/temperature/{zone}", (int zone) => Results.Json(new { zone, celsius = 1180.5 }));
    };
}
