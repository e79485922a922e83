using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using SocketRest.AspNetCore;

namespace SocketRest.Cli.Hub.Forwarding;

/// <summary>Passes plain requests on to agents until MapSocketRestForwarder is there.</summary>
internal static class ForwarderStub
{
    public static IEndpointConventionBuilder MapForwarderStub(this IEndpointRouteBuilder endpoints, string pattern) =>
        endpoints.Map(pattern, (RequestDelegate)(context => ForwardAsync(context)));

    private static async Task ForwardAsync(HttpContext context)
    {
        string agent = (string)context.GetRouteValue("agent")!;
        var registry = (SocketRestConnectionRegistry)context.RequestServices.GetService(typeof(SocketRestConnectionRegistry))!;
        if (!registry.TryGetByName(agent, out SocketRestConnection? connection))
        {
            await Problem.WriteAsync(context, 404, $"No agent named '{agent}' is connected.").ConfigureAwait(false);
            return;
        }

        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        target = target[(HubHost.AgentsPath.Length + 1 + agent.Length)..];
        var uri = new Uri($"http://{agent}{(target.StartsWith('/') ? target : "/" + target)}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(HttpMethod.Parse(context.Request.Method), uri);
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
        {
            request.Content = new StreamContent(context.Request.Body);
        }

        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in context.Request.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        SocketRestHandler handler = connection.CreateHandler();
        (handler.AllowAutoRedirect, handler.UseCookies) = (false, false);
        using var invoker = new HttpMessageInvoker(handler);
        try
        {
            using HttpResponseMessage response = await invoker.SendAsync(request, context.RequestAborted).ConfigureAwait(false);
            context.Response.StatusCode = (int)response.StatusCode;
            foreach ((string name, IEnumerable<string> values) in response.Headers.Concat(response.Content.Headers))
            {
                context.Response.Headers[name] = values.ToArray();
            }

            await context.Response.StartAsync(context.RequestAborted).ConfigureAwait(false);
            await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or HttpIOException)
        {
            if (context.Response.HasStarted)
            {
                context.Abort();
                return;
            }

            await Problem.WriteAsync(context, 502, exception.Message).ConfigureAwait(false);
        }
    }
}
