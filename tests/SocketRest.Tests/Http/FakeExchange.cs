using System.Net;
using SocketRest.Http;

namespace SocketRest.Tests.Http;

/// <summary>Answers each request with the next of the given responses, and remembers what was asked.</summary>
internal sealed class FakeExchange(params HttpResponseMessage[] responses)
{
    private int _next;

    public HandlerSettings Settings { get; } = new();

    public List<(string Line, string? Cookies, string? Content)> Seen { get; } = [];

    public static HttpResponseMessage Redirect(HttpStatusCode status, string location)
    {
        var response = new HttpResponseMessage(status);
        response.Headers.TryAddWithoutValidation("Location", location);
        return response;
    }

    public static HttpResponseMessage SetCookies(params string[] cookies)
    {
        var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("Set-Cookie", cookies);
        return response;
    }

    public ValueTask<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, bool async = true, CancellationToken cancellationToken = default) =>
        PolicyPipeline.SendAsync(request, Settings, AnswerAsync, async, cancellationToken);

    private async ValueTask<HttpResponseMessage> AnswerAsync(
        HttpRequestMessage request, string? cookies, bool async, CancellationToken cancellationToken)
    {
        if (async)
            await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        var content = request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken);
        Seen.Add(($"{request.Method} {request.RequestUri}", cookies, content));
        var response = responses[_next++];
        response.RequestMessage = request;
        return response;
    }
}
