using SocketRest.Multiplexing;

namespace SocketRest.Http;

/// <summary>
/// Sends a call again that was certainly not sent, over the connection that is there for it by then: another one where the first was drained or lost. Nothing
/// is sent again of which the other end may have seen anything, or whose content was looked at.
/// </summary>
internal sealed class Resender(IConnectionSource source, HandlerSettings settings, TargetCache targets)
{
    public static bool MayResend(SocketRestException failure) =>
        failure is { Outcome: RequestOutcome.NotSent, UntouchedOn: not null }

        // These would only fail again, the last after the same long wait.
        && failure.ErrorCode is not (SocketRestErrorCode.NotServed or SocketRestErrorCode.InvalidRequest or SocketRestErrorCode.StreamLimit);

    /// <summary>Sends the request until it no longer fails as not sent. The response is as it came.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, SocketRestException reason, CancellationToken cancellationToken)
    {
        var tried = new List<TunnelConnection>(1);
        while (true)
        {
            tried.Add(reason.UntouchedOn!);
            TunnelConnection? connection;
            try
            {
                connection = await source.GetNextAsync(tried, cancellationToken).ConfigureAwait(false);
            }
            catch (SocketRestException exception)
            {
                throw HttpErrors.ForRequest(exception);
            }

            if (connection is null)
            {
                // What ended the last attempt is what there is to tell.
                throw HttpErrors.ForRequest(reason);
            }

            try
            {
                string? cookies = CookiePolicy.GetCookies(request, settings);
                return await ClientCall.SendAsync(connection, request, cookies, targets, policies: null, cancellationToken).ConfigureAwait(false);
            }
            catch (HttpRequestException failure) when (failure.InnerException is SocketRestException again && MayResend(again))
            {
                reason = again;
            }
        }
    }
}
