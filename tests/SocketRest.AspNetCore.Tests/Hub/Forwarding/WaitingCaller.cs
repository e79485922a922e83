using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Forwarding;

/// <summary>A caller's side of an upgraded exchange, played by hand: whoever stops reading it takes a while to have left.</summary>
internal sealed class WaitingCaller : Stream, IHttpExtendedConnectFeature
{
    private readonly Pipe _said = new();
    private readonly Pipe _heard = new();
    private int _reading;

    public WaitingCaller() => Context.Features.Set<IHttpExtendedConnectFeature>(this);

    public HttpContext Context { get; } = new DefaultHttpContext();

    public bool IsExtendedConnect => true;

    public string Protocol => "chat";

    /// <summary>Whether somebody is still at it.</summary>
    public bool IsRead => Volatile.Read(ref _reading) > 0;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public async Task SayAsync(byte[] what) => await _said.Writer.WriteAsync(what);

    public ValueTask EndAsync(Exception? broken = null) => _said.Writer.CompleteAsync(broken);

    public async Task<byte[]> HearAsync(int count)
    {
        ReadResult read = await _heard.Reader.ReadAtLeastAsync(count).InTime();
        byte[] heard = read.Buffer.ToArray();
        _heard.Reader.AdvanceTo(read.Buffer.End);
        return heard;
    }

    public ValueTask<Stream> AcceptAsync() => new(this);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _reading);
        try
        {
            ReadResult read = await _said.Reader.ReadAsync(cancellationToken);
            int count = (int)Math.Min(read.Buffer.Length, buffer.Length);
            read.Buffer.Slice(0, count).CopyTo(buffer.Span);
            _said.Reader.AdvanceTo(read.Buffer.GetPosition(count));
            return count;
        }
        finally
        {
            // Long enough for whoever does not wait to be seen.
            for (int i = 0; i < 1_000 && cancellationToken.IsCancellationRequested; i++)
                await Task.Yield();
            Interlocked.Decrement(ref _reading);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => await _heard.Writer.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
