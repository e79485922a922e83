using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SocketRest.AspNetCore;

namespace SocketRest.Cli.Management.Access;

/// <summary>
/// Keeps out what an authorization policy does not see: tunnels, pages of other origins, and host names under which nothing of the hub is to be found. And sees to it
/// that every failure has a body that says what it is.
/// </summary>
internal sealed partial class HubGuard(HubOrigins origins, ILogger<HubGuard> logger)
{
    /// <summary>Puts the guard around endpoints that programs call.</summary>
    public void GuardApi(IEndpointConventionBuilder endpoints) => endpoints.Add(endpoint =>
    {
        RequestDelegate next = endpoint.RequestDelegate!;
        endpoint.RequestDelegate = context => Refusal(context, isPage: false) is { } refusal ? refusal.ExecuteAsync(context) : AnswerAsync(context, next);
    });

    /// <summary>Puts the guard around the files of pages.</summary>
    public void GuardPages(IEndpointConventionBuilder endpoints) => endpoints.Add(endpoint =>
    {
        RequestDelegate next = endpoint.RequestDelegate!;
        endpoint.RequestDelegate = context => Refusal(context, isPage: true) is { } refusal ? refusal.ExecuteAsync(context) : next(context);
    });

    private IResult? Refusal(HttpContext context, bool isPage)
    {
        HttpRequest request = context.Request;
        if (context.Features.Get<ISocketRestConnectionFeature>() is not null || origins.IsAgents(request.Host))
        {
            return ApiProblem.NotFound("There is nothing here.");
        }

        if (origins.IsKeyless && !HubOrigins.IsLoopback(request.Host))
        {
            // A page elsewhere can point its own name at 127.0.0.1, and would then be of the same origin as the hub.
            return ApiProblem.Of(
                StatusCodes.Status421MisdirectedRequest, "This host name is not the hub's.", "The hub has no keys and answers only under a loopback name: use localhost.");
        }

        string? site = request.Headers["Sec-Fetch-Site"];
        string? origin = request.Headers.Origin;
        if (isPage)
        {
            return origins.IsDashboard(request.Host) ? null
                : origins.Dashboard(request.Host) is { } host ? Results.Redirect($"{request.Scheme}://{host.ToUriComponent()}{request.PathBase}{request.Path}")
                : ApiProblem.NotFound("There is nothing here.");
        }

        if (site is null && origin is null)
        {
            return null;
        }

        return IsOwn(site, origin, request.Host) && origins.IsDashboard(request.Host)
            ? null
            : ApiProblem.Of(StatusCodes.Status403Forbidden, "Another page asked.", "A browser sent this for a page that is not the dashboard's.");
    }

    /// <summary>Whether a browser says that a page of the hub asks, or a person who typed the address.</summary>
    private static bool IsOwn(string? site, string? origin, HostString host) =>
        (site is null or "same-origin" or "none")
        && (origin is null || (Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri) && uri.IsAbsoluteUri
            && string.Equals(origin, $"{uri.Scheme}://{host.Value}", StringComparison.OrdinalIgnoreCase)));

    private async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (Exception exception) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested && exception is not BadHttpRequestException)
        {
            LogFailed(context.Request.Path, exception);
            await ApiProblem.Of(StatusCodes.Status500InternalServerError, "The hub failed.", "Its log says why.").ExecuteAsync(context).ConfigureAwait(false);
        }

        HttpResponse response = context.Response;
        if (!response.HasStarted && response.StatusCode >= 400 && response.ContentLength is null && response.ContentType is null)
        {
            await ApiProblem.Of(response.StatusCode, "The request is not one that the API knows.", "A parameter or the body is not what openapi/hub.json says.")
                .ExecuteAsync(context).ConfigureAwait(false);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The management API failed to answer {Path}.")]
    private partial void LogFailed(string path, Exception exception);
}
