using System.Net;
using SocketRest.Cli.Configuration;

namespace SocketRest.Cli.Expose;

/// <summary>What the service sends on an upgraded connection, while what the caller sends goes the other way.</summary>
internal sealed class DuplexContent(Stream upstream, HttpContent? fromCaller, ExposedRequest seen) : HttpContent
{
    /// <summary>What the caller said last may still be answered, for a WebSocket with a close frame; who says nothing then has gone.</summary>
    private static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(5);

    /// <summary>Called when both directions are over.</summary>
    public Action? Over { get; set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task sending = SendAsync(end);
        try
        {
            using var received = new RelayContent(new StreamContent(upstream), seen.AddOut);
            await received.CopyToAsync(stream, end.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // The service hung up, or had its time to say something after the caller's end: that is how upgraded connections end.
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            await upstream.DisposeAsync().ConfigureAwait(false);
            await sending.ConfigureAwait(false);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            upstream.Dispose();
            Over?.Invoke();
        }

        base.Dispose(disposing);
    }

    private async Task SendAsync(CancellationTokenSource end)
    {
        try
        {
            if (fromCaller is not null)
            {
                using var sent = new RelayContent(fromCaller, seen.AddIn);
                await sent.CopyToAsync(upstream, end.Token).ConfigureAwait(false);
            }

            end.CancelAfter(s_lastWords);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or OperationCanceledException or ObjectDisposedException)
        {
            // Seen by the other direction as well, which says how it ends.
            await end.CancelAsync().ConfigureAwait(false);
        }
    }
}
