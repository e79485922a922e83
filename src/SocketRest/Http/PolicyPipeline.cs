using System.Runtime.CompilerServices;

namespace SocketRest.Http;

/// <summary>
/// Cookies, redirects and decompression around one exchange or several. A plain call passes two synchronous checks and allocates nothing
/// here: a caller with an async method of its own calls <see cref="Prepare"/>, sends, and calls <see cref="CompleteAsync"/>;
/// <see cref="SendAsync"/> is the three in one.
/// </summary>
internal static class PolicyPipeline
{
    public static ValueTask<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, HandlerSettings settings, SendOnce sendOnce, bool async, CancellationToken cancellationToken)
    {
        var pending = sendOnce(request, Prepare(request, settings), async, cancellationToken);
        return pending.IsCompletedSuccessfully
            ? CompleteAsync(pending.Result, request, settings, sendOnce, async, cancellationToken)
            : AwaitAsync(pending, request, settings, sendOnce, async, cancellationToken);
    }

    /// <summary>Makes the request ready to be sent and gives the container's cookies for it, if there are any.</summary>
    public static string? Prepare(HttpRequestMessage request, HandlerSettings settings)
    {
        settings.Start();
        DecompressionPolicy.AddAcceptEncoding(request, settings.AutomaticDecompression);
        return CookiePolicy.GetCookies(request, settings);
    }

    /// <summary>Does what the settings ask for with a response; completes at once unless a redirect is to be followed.</summary>
    public static ValueTask<HttpResponseMessage> CompleteAsync(
        HttpResponseMessage response,
        HttpRequestMessage request,
        HandlerSettings settings,
        SendOnce sendOnce,
        bool async,
        CancellationToken cancellationToken)
    {
        CookiePolicy.Store(request, response, settings);
        if (settings.AllowAutoRedirect && RedirectPolicy.IsRedirect(response.StatusCode))
            return FollowAsync(response, request, settings, sendOnce, async, cancellationToken);

        DecompressionPolicy.Wrap(response, settings.AutomaticDecompression);
        return new ValueTask<HttpResponseMessage>(response);
    }

    // Pooled, since every call that has to wait for its answer runs through here.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<HttpResponseMessage> AwaitAsync(
        ValueTask<HttpResponseMessage> pending,
        HttpRequestMessage request,
        HandlerSettings settings,
        SendOnce sendOnce,
        bool async,
        CancellationToken cancellationToken)
    {
        var response = await pending.ConfigureAwait(false);
        return await CompleteAsync(response, request, settings, sendOnce, async, cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask<HttpResponseMessage> FollowAsync(
        HttpResponseMessage response,
        HttpRequestMessage request,
        HandlerSettings settings,
        SendOnce sendOnce,
        bool async,
        CancellationToken cancellationToken)
    {
        for (var left = settings.MaxAutomaticRedirections; left > 0; left--)
        {
            if (RedirectPolicy.GetTarget(request, response) is not { } target)
                break;

            RedirectPolicy.Rewrite(request, response.StatusCode, target);

            // A content is not written twice at once: an upload that still runs has to let go of it before it goes out again.
            Task stopped = request.Content is not null && response.Content is TunnelContent { Upload: { } upload } ? upload.StopAsync() : Task.CompletedTask;
            response.Dispose();
            await stopped.WaitAsync(cancellationToken).ConfigureAwait(false);
            var cookies = CookiePolicy.GetCookies(request, settings);
            response = await sendOnce(request, cookies, async, cancellationToken).ConfigureAwait(false);
            CookiePolicy.Store(request, response, settings);
        }

        DecompressionPolicy.Wrap(response, settings.AutomaticDecompression);
        return response;
    }
}
