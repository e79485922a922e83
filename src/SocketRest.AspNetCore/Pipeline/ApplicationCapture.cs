using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>
/// Keeps the application's own pipeline as the host builds it, whichever server the host has. What startup filters registered earlier
/// put in front is outside: it belongs to the listening server.
/// </summary>
internal sealed class ApplicationCapture : IStartupFilter
{
    private RequestDelegate? _application;

    public RequestDelegate Application => _application ?? throw NoApplication();

    public static InvalidOperationException NoApplication() => new(
        "There is no web application to serve. A tunnel serves the pipeline of a WebApplication (or another web host); a host without one can only call.");

    public bool IsAvailable => _application is not null;

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => builder =>
    {
        builder.Use(application =>
        {
            _application = application;
            return application;
        });
        next(builder);
    };
}
