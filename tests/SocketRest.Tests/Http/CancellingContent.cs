using System.Net;

namespace SocketRest.Tests.Http;

/// <summary>Cancels once it has been sent.</summary>
internal sealed class CancellingContent(CancellationTokenSource cancellation) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => cancellation.CancelAsync();

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return true;
    }
}
