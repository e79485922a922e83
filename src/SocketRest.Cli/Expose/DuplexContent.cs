using System.Net;
using SocketRest.Cli.Configuration;

namespace SocketRest.Cli.Expose;

/// <summary>What the service sends on an upgraded connection, while what the caller sends goes the other way.</summary>
internal sealed class DuplexContent(Stream upstream, HttpContent? fromCaller, ExposedRequest seen, TimeProvider time) : HttpContent
{
    /// <summary>Called when both directions are over.</summary>
    public Action? Over { get; set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        using var lastWords = new LastWords(time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lastWords.Silent);
        Task sending = SendAsync(lastWords, end.Token);
        try
        {
            using var received = new RelayContent(new StreamContent(upstream), seen.AddOut, waits: lastWords.Wait);
            await received.CopyToAsync(stream, end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            // No end of the service's: who takes it for one has lost the rest without knowing.
            throw new IOException("The service said nothing more, and did not end.", exception);
        }
        finally
        {
            // Nothing more reaches a service that has ended its direction: having read that over HTTP/1.1, SocketsHttpHandler closes the connection.
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

    private async Task SendAsync(LastWords lastWords, CancellationToken end)
    {
        try
        {
            if (fromCaller is not null)
            {
                using var sent = new RelayContent(fromCaller, seen.AddIn);
                await sent.CopyToAsync(upstream, end).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or OperationCanceledException or ObjectDisposedException)
        {
            // A caller that has gone ends the other direction as well. A service that takes no more may be saying why.
        }

        lastWords.CallerIsDone();
    }
}
