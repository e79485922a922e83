using SocketRest.Multiplexing;

namespace SocketRest.Http;

/// <summary>
/// Sends a call again that was certainly not sent, on the connection that there is by then: another one where the first was drained or lost. Nothing
/// is sent again of which the other end may have seen anything, or whose content was looked at.
/// </summary>
internal sealed class Resender(IConnectionSource source, HandlerSettings settings, TargetCache targets)
{
    /// <summary>Each with the connection of that moment: one of several servers that restart one after the other costs an attempt.</summary>
    private const int MaxAttempts = 3;

    public static bool MayResend(SocketRestException failure) =>
        failure is { Outcome: RequestOutcome.NotSent, ContentUntouched: true }

        // These would only fail again, the last after the same long wait.
        && failure.ErrorCode is not (SocketRestErrorCode.NotServed or SocketRestErrorCode.InvalidRequest or SocketRestErrorCode.StreamLimit);

    /// <summary>Sends the request until it no longer fails as not sent. The response is as it came.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, SocketRestException reason, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            TunnelConnection connection;
            try
            {
                connection = source.Current ?? await source.GetAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                // Nobody dials any more: what ended the call is what there is to tell.
                throw HttpErrors.ForRequest(reason);
            }
            catch (SocketRestException exception)
            {
                throw HttpErrors.ForRequest(exception);
            }

            try
            {
                string? cookies = CookiePolicy.GetCookies(request, settings);
                return await ClientCall.SendAsync(connection, request, cookies, targets, policies: null, cancellationToken).ConfigureAwait(false);
            }
            catch (HttpRequestException failure) when (attempt < MaxAttempts && failure.InnerException is SocketRestException again && MayResend(again))
            {
                reason = again;
            }
        }
    }
}
