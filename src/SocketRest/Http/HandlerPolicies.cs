namespace SocketRest.Http;

/// <summary>What a handler does around its exchanges: its settings, how a redirect is sent, and what sends again where that is possible.</summary>
internal sealed record HandlerPolicies(HandlerSettings Settings, SendOnce SendOnce, Resender? Resender)
{
    /// <summary>Completes a call that was not sent by sending it again; false where that cannot be.</summary>
    public bool TryResend(
        HttpRequestMessage request, SocketRestException failure, CancellationToken cancellationToken, out ValueTask<HttpResponseMessage> resending)
    {
        if (Resender is not { } resender || !Resender.MayResend(failure))
        {
            resending = default;
            return false;
        }

        resending = ResendAsync(resender, request, failure, cancellationToken);
        return true;
    }

    private async ValueTask<HttpResponseMessage> ResendAsync(
        Resender resender, HttpRequestMessage request, SocketRestException failure, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await resender.SendAsync(request, failure, cancellationToken).ConfigureAwait(false);
        return await PolicyPipeline.CompleteAsync(response, request, Settings, SendOnce, async: true, cancellationToken).ConfigureAwait(false);
    }
}
