using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;

namespace SocketRest.AspNetCore.Tests.Conformance.Transports;

/// <summary>An application that is reached through a tunnel, whichever side serves it.</summary>
internal class TunnelHost(WebApplication app, Func<SocketRestHandler> createHandler, params IAsyncDisposable[] others)
    : TransportHost(app, new Uri("http://application.example/"))
{
    public override HttpMessageHandler CreateHandler(HandlerSettings settings)
    {
        SocketRestHandler handler = createHandler();
        handler.AllowAutoRedirect = settings.AllowAutoRedirect;
        handler.MaxAutomaticRedirections = settings.MaxAutomaticRedirections;
        handler.UseCookies = settings.UseCookies;
        handler.AutomaticDecompression = settings.AutomaticDecompression;
        if (settings.CookieContainer is { } container)
        {
            handler.CookieContainer = container;
        }

        return handler;
    }

    public override async Task<string> PostWithTrailersAsync(string body, IEnumerable<KeyValuePair<string, string>> trailers)
    {
        using HttpClient client = CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("text/plain");
        request.Options.Set(SocketRestHandler.RequestTrailers, () => trailers);
        using HttpResponseMessage response = await client.SendAsync(request);
        return await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable other in others)
        {
            await other.DisposeAsync();
        }

        await base.DisposeAsync();
    }
}
