using System.Buffers;
using System.Net;

namespace SocketRest.Cli.Configuration;

/// <summary>A body that passes through: what has come leaves before more is waited for, and the size of each piece is noted.</summary>
internal sealed class RelayContent : HttpContent
{
    private const int PieceSize = 32 * 1024;

    private readonly HttpContent _inner;
    private readonly Action<int> _passed;
    private readonly Action<Exception>? _failed;
    private readonly Action? _over;
    private readonly Action<bool>? _waits;

    /// <param name="inner">Where the body comes from; its fields are the new content's as well.</param>
    /// <param name="passed">Told of each piece's size.</param>
    /// <param name="failed">Told what broke it off.</param>
    /// <param name="over">Called when nobody needs it any more.</param>
    /// <param name="waits">Told when the next piece is waited for, and when it has come.</param>
    public RelayContent(HttpContent inner, Action<int> passed, Action<Exception>? failed = null, Action? over = null, Action<bool>? waits = null)
    {
        _inner = inner;
        _passed = passed;
        _failed = failed;
        _over = over;
        _waits = waits;

        // Asking for the length is what puts it among the fields.
        _ = inner.Headers.ContentLength;
        foreach ((string name, System.Net.Http.Headers.HeaderStringValues values) in inner.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(name, values);
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            Stream from = await _inner.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            while (true)
            {
                ValueTask<int> reading = from.ReadAsync(buffer, cancellationToken);
                if (!reading.IsCompleted)
                {
                    // Before there is a first piece as well: the head of a request waits for its content.
                    await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
                }

                _waits?.Invoke(true);
                int count = await reading.ConfigureAwait(false);
                _waits?.Invoke(false);
                if (count == 0)
                {
                    return;
                }

                _passed(count);
                await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            _failed?.Invoke(exception);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
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
            _inner.Dispose();
            _over?.Invoke();
        }

        base.Dispose(disposing);
    }
}
