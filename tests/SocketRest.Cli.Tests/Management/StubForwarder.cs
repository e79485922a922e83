using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SocketRest.AspNetCore;

namespace SocketRest.Cli.Tests.Management;

/// <summary>Forwards as much as these tests need.</summary>
internal static class StubForwarder
{
    public static IEndpointConventionBuilder MapStubForwarder(this IEndpointRouteBuilder endpoints) =>
        endpoints.Map("/agents/{agent}/{**path}", ForwardAsync);

    private static async Task ForwardAsync(HttpContext context)
    {
        var registry = context.RequestServices.GetRequiredService<SocketRestConnectionRegistry>();
        if (!registry.TryGetByName((string)context.GetRouteValue("agent")!, out SocketRestConnection? connection))
        {
            await TypedResults.Problem("No such agent.", statusCode: 404).ExecuteAsync(context);
            return;
        }

        string path = context.Request.GetEncodedPathAndQuery();
        using var invoker = new HttpMessageInvoker(connection.CreateHandler());
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), "http://agent/" + path.Split('/', 4)[3]);
        if (context.Request.ContentLength > 0)
        {
            request.Content = new StreamContent(context.Request.Body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        }

        using HttpResponseMessage response = await invoker.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach ((string name, IEnumerable<string> values) in response.Headers.Concat(response.Content.Headers))
        {
            context.Response.Headers[name] = values.ToArray();
        }

        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
