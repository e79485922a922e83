using System.IO.Pipelines;
using System.Net.WebSockets;
using SocketRest.Protocol;

namespace SocketRest.Tests.Serving;

/// <summary>Two ends of one WebSocket, without a network and without a server.</summary>
internal static class InMemorySocket
{
    public static (WebSocket Dialling, WebSocket Accepting) CreatePair()
    {
        var there = new Pipe();
        var back = new Pipe();
        return (
            WebSocket.CreateFromStream(
                new Duplex(back.Reader, there.Writer.AsStream()),
                new WebSocketCreationOptions { IsServer = false, SubProtocol = SubProtocol.Name, KeepAliveInterval = Timeout.InfiniteTimeSpan }),
            WebSocket.CreateFromStream(
                new Duplex(there.Reader, back.Writer.AsStream()),
                new WebSocketCreationOptions { IsServer = true, SubProtocol = SubProtocol.Name, KeepAliveInterval = Timeout.InfiniteTimeSpan }));
    }

    private sealed class Duplex(PipeReader reader, Stream writing) : Stream
    {
        private readonly Stream _reading = reader.AsStream();

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            _reading.ReadAsync(buffer, cancellationToken);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            _reading.ReadAsync(buffer, offset, count, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            writing.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            writing.WriteAsync(buffer, offset, count, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => writing.FlushAsync(cancellationToken);

        public override void Flush() => writing.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                writing.Dispose();

                // As a socket's does, a read that is pending ends: completing a pipe alone would leave it waiting for ever.
                reader.CancelPendingRead();
                _reading.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
