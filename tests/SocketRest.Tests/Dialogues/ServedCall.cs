using System.Buffers;
using System.IO.Pipelines;
using SocketRest.Multiplexing;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Tests.Dialogues;

/// <summary>One request that reached the application of a test.</summary>
internal sealed class ServedCall(TunnelStream stream)
{
    private readonly TaskCompletionSource<SocketRestException> _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TunnelStream Stream => stream;

    public (string Name, string Value)[] Fields { get; } = [.. stream.RemoteHead.Span.ToArray().Select(field => (field.Name, field.Value))];

    public string Path => this[":path"]!;

    /// <summary>Why the exchange ended before its time.</summary>
    public Task<SocketRestException> Aborted => _aborted.Task;

    public string? this[string name] => Fields.FirstOrDefault(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    public void OnAborted(SocketRestException reason) => _aborted.TrySetResult(reason);

    public async Task<byte[]> ReadToEndAsync()
    {
        var body = new MemoryStream();
        while (true)
        {
            ReadResult result = await stream.ReadAsync(CancellationToken.None).Soon();
            foreach (ReadOnlyMemory<byte> segment in result.Buffer)
            {
                body.Write(segment.Span);
            }

            stream.AdvanceTo(result.Buffer.End, result.Buffer.End);
            if (result.IsCompleted)
            {
                return body.ToArray();
            }
        }
    }

    /// <summary>Takes so many bytes out of the stream's buffer, in one step when all of them are there.</summary>
    public async Task ReadAtOnceAsync(int count)
    {
        // Until then not even looked at: that would make room at the peer.
        await Patience.UntilAsync(() =>
        {
            if (!stream.TryRead(out ReadResult result))
            {
                return false;
            }

            bool isThere = result.Buffer.Length >= count;
            SequencePosition end = isThere ? result.Buffer.GetPosition(count) : result.Buffer.Start;
            stream.AdvanceTo(end, end);
            return isThere;
        });
    }

    /// <summary>Takes exactly so many bytes out of the stream's buffer, as they come.</summary>
    public async Task<byte[]> ReadAsync(int count)
    {
        var body = new MemoryStream();
        while (body.Length < count)
        {
            ReadResult result = await stream.ReadAsync(CancellationToken.None).Soon();
            ReadOnlySequence<byte> taken = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, count - body.Length));
            Assert.False(taken.IsEmpty && result.IsCompleted, "The body is shorter than that.");
            body.Write(taken.ToArray());
            stream.AdvanceTo(taken.End, taken.End);
        }

        return body.ToArray();
    }

    public void SendHead(bool endStream = false, int status = 200, params (string Name, string Value)[] more)
    {
        stream.Head.Add(":status", status.ToString(System.Globalization.CultureInfo.InvariantCulture));
        foreach ((string name, string value) in more)
        {
            stream.Head.Add(name, value);
        }

        stream.SendHead(endStream, SendUrgency.Pool);
    }

    /// <summary>Adds to the response's body; completes when there is room for more.</summary>
    public Task<FlushResult> WriteAsync(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(stream.GetSpan(bytes.Length));
        stream.Advance(bytes.Length);
        return stream.FlushAsync(SendUrgency.Pool, CancellationToken.None).AsTask();
    }

    public void End(HeaderList? trailers = null) => stream.EndOutput(trailers, SendUrgency.Now);

    public void Release() => stream.Release();

    /// <summary>The whole answer.</summary>
    public void Respond(byte[]? body = null, int status = 200)
    {
        SendHead(endStream: body is null, status);
        if (body is not null)
        {
            _ = WriteAsync(body);
            End();
        }

        Release();
    }
}
