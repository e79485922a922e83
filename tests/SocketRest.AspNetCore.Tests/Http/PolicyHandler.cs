using SocketRest.Http;

namespace SocketRest.AspNetCore.Tests.Http;

/// <summary>The policies around a <see cref="SocketsHttpHandler"/> whose own are switched off.</summary>
internal sealed class PolicyHandler(HandlerSettings settings) : HttpMessageHandler
{
    private readonly HttpMessageInvoker _inner = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var pending = PolicyPipeline.SendAsync(request, settings, SendOnceAsync, async: false, cancellationToken);
        return pending.IsCompleted ? pending.GetAwaiter().GetResult() : throw new InvalidOperationException("It waited.");
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        PolicyPipeline.SendAsync(request, settings, SendOnceAsync, async: true, cancellationToken).AsTask();

    protected override void Dispose(bool disposing)
    {
        _inner.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask<HttpResponseMessage> SendOnceAsync(
        HttpRequestMessage request, string? cookies, bool async, CancellationToken cancellationToken)
    {
        // HTTP/1.1 has no second Cookie field.
        string? own = null;
        if (cookies is not null)
        {
            own = request.Headers.TryGetValues("Cookie", out var values) ? string.Join("; ", values) : null;
            request.Headers.Remove("Cookie");
            request.Headers.TryAddWithoutValidation("Cookie", own is null ? cookies : $"{own}; {cookies}");
        }

        try
        {
            return async ? await _inner.SendAsync(request, cancellationToken) : _inner.Send(request, cancellationToken);
        }
        finally
        {
            if (cookies is not null)
                request.Headers.Remove("Cookie");
            if (own is not null)
                request.Headers.TryAddWithoutValidation("Cookie", own);
        }
    }
}
