using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SocketRest.AspNetCore.Hub.Forwarding;

/// <summary>
/// A caller's body on its way to the agent. It reads the caller's own request, and has to have let go of it before that is over: <see cref="StopAsync"/>.
/// </summary>
internal sealed class ForwardedContent(HttpContext context, Action? progress) : HttpContent
{
    private const int Idle = 0;
    private const int Running = 1;
    private const int Stopped = 2;

    private static readonly object s_over = new();

    private readonly CancellationTokenSource _stop = new();
    private int _state;
    private object? _over;

    /// <summary>What followed the body, once it has been passed on.</summary>
    public IEnumerable<KeyValuePair<string, string>>? Trailers { get; private set; }

    /// <summary>Why reading the caller's body failed, where it did.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Nothing reads the caller's request any more when this completes.</summary>
    public Task StopAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Stopped, Idle) != Running || Volatile.Read(ref _over) == s_over)
        {
            return Task.CompletedTask;
        }

        // Not a token for the reading: Kestrel would go on to believe that somebody reads.
        _stop.Cancel();
        context.Request.BodyReader.CancelPendingRead();
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return Interlocked.CompareExchange(ref _over, over, null) is null ? over.Task : Task.CompletedTask;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? transport) => SerializeToStreamAsync(stream, transport, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? transport, CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref _state, Running, Idle) != Idle)
        {
            throw new OperationCanceledException("The request's body is not there any more.");
        }

        try
        {
            await CopyAsync(context.Request.BodyReader, stream).ConfigureAwait(false);
            Trailers = ReadTrailers();
        }
        finally
        {
            (Interlocked.Exchange(ref _over, s_over) as TaskCompletionSource)?.SetResult();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = context.Request.ContentLength ?? 0;
        return context.Request.ContentLength is not null;
    }

    /// <summary>What has arrived goes on at once; what arrives together goes on together.</summary>
    private async Task CopyAsync(PipeReader reader, Stream destination)
    {
        bool unflushed = false;
        while (true)
        {
            ValueTask<ReadResult> read = ReadAsync(reader);
            ReadResult result;
            if (unflushed && !read.IsCompleted)
            {
                result = await FlushBesideAsync(reader, read.AsTask(), destination).ConfigureAwait(false);
                unflushed = false;
            }
            else
            {
                result = await read.ConfigureAwait(false);
            }

            if (result.IsCanceled)
            {
                reader.AdvanceTo(result.Buffer.Start);
                throw new OperationCanceledException("The request is over.");
            }

            try
            {
                foreach (ReadOnlyMemory<byte> segment in result.Buffer)
                {
                    await destination.WriteAsync(segment, _stop.Token).ConfigureAwait(false);
                    unflushed = true;
                }
            }
            finally
            {
                reader.AdvanceTo(result.Buffer.End);
            }

            progress?.Invoke();
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>Flushes what is there while the next read waits, which is over in any case when this returns or throws.</summary>
    private async Task<ReadResult> FlushBesideAsync(PipeReader reader, Task<ReadResult> read, Stream destination)
    {
        try
        {
            await destination.FlushAsync(_stop.Token).ConfigureAwait(false);
        }
        catch
        {
            reader.CancelPendingRead();
            await ((Task)read).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (read.IsCompletedSuccessfully)
            {
                reader.AdvanceTo(read.Result.Buffer.Start);
            }

            throw;
        }

        return await read.ConfigureAwait(false);
    }

    private async ValueTask<ReadResult> ReadAsync(PipeReader reader)
    {
        try
        {
            return await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Failure = exception;
            throw;
        }
    }

    private List<KeyValuePair<string, string>>? ReadTrailers()
    {
        if (context.Features.Get<IHttpRequestTrailersFeature>() is not { Available: true, Trailers: { Count: > 0 } trailers })
        {
            return null;
        }

        var copy = new List<KeyValuePair<string, string>>(trailers.Count);
        foreach (KeyValuePair<string, Microsoft.Extensions.Primitives.StringValues> trailer in trailers)
        {
            if (ForwardedFieldNames.StopsHere(trailer.Key) || ForwardedFieldNames.TellsOfCaller(trailer.Key)
                || trailer.Key.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            for (int i = 0; i < trailer.Value.Count; i++)
            {
                copy.Add(new(trailer.Key, trailer.Value[i] ?? ""));
            }
        }

        return copy;
    }
}
