using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using System.Threading.Channels;

namespace SocketRest.Faults;

/// <summary>One direction of one connection: takes bytes from one socket and, when they are due, gives them to the other, in order.</summary>
internal sealed class FaultLine(FaultConnection connection, Socket from, Socket to, LineQuality quality) : IDisposable
{
    private const int BufferSize = 64 * 1024;

    /// <summary>A slow line gives what it carries in so many pieces a second.</summary>
    private const int PiecesPerSecond = 20;

    /// <summary>Timers are not exact: what was waited too long is made up for.</summary>
    private static readonly long s_slack = Stopwatch.Frequency / 100;

    private readonly Channel<Piece> _pieces = Channel.CreateUnbounded<Piece>(new() { SingleReader = true, SingleWriter = true });
    private readonly SemaphoreSlim _room = new(0);
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ArmedCut? _cut;
    private volatile bool _swallows;
    private volatile bool _holds;
    private long _queued;
    private long _carried;
    private long _free;

    /// <summary>Bytes that were handed on.</summary>
    public long Carried => Volatile.Read(ref _carried);

    /// <summary>Takes everything and hands on nothing, not even the end.</summary>
    public void Swallow() => _swallows = true;

    /// <summary>Takes nothing more.</summary>
    public void Hold() => _holds = true;

    /// <summary>Lets that many bytes pass, those not counted that are just being handed on, and cuts the connection.</summary>
    public void Arm(ArmedCut cut)
    {
        _cut?.Complete(fallen: false);
        _cut = cut;
        if (cut.Remaining == 0)
        {
            connection.Cut(cut.Kind);
            cut.Complete(fallen: true);
        }
    }

    public Task RunAsync() => Task.WhenAll(TakeAsync(), GiveAsync());

    /// <summary>Nothing will come of a cut that is still armed.</summary>
    public void Disarm() => _cut?.Complete(fallen: false);

    public void Dispose() => _room.Dispose();

    private async Task TakeAsync()
    {
        var buffer = new byte[BufferSize];
        try
        {
            int count;
            while ((count = await from.ReceiveAsync(buffer)) > 0)
            {
                if (_holds)
                {
                    await _held.Task.WaitAsync(connection.Ended);
                }

                if (!_swallows && !connection.IsCut)
                {
                    await QueueAsync(buffer.AsMemory(0, count));
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            if (!_swallows)
            {
                connection.Abort();
            }
        }

        _pieces.Writer.Complete();
    }

    private async Task QueueAsync(ReadOnlyMemory<byte> bytes)
    {
        var rented = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(rented);
        Interlocked.Add(ref _queued, bytes.Length);
        _pieces.Writer.TryWrite(new Piece(rented, bytes.Length, Due()));
        while (Volatile.Read(ref _queued) > quality.Capacity)
        {
            await _room.WaitAsync(connection.Ended);
        }
    }

    private async Task GiveAsync()
    {
        try
        {
            await foreach (var piece in _pieces.Reader.ReadAllAsync(connection.Ended))
            {
                await UntilAsync(piece.Due);
                await GiveAsync(piece.Bytes.AsMemory(0, piece.Count));
                ArrayPool<byte>.Shared.Return(piece.Bytes);
                Interlocked.Add(ref _queued, -piece.Count);
                if (_room.CurrentCount == 0)
                {
                    _room.Release();
                }
            }

            await UntilAsync(Due());
            if (!_swallows)
            {
                to.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The other end would learn of it by the line the other way.
            if (!connection.Reverse(this)._swallows)
            {
                connection.Abort();
            }
        }
    }

    private async Task GiveAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0 && !_swallows && !connection.IsCut)
        {
            var rate = quality.BytesPerSecond;
            var cut = _cut;
            var count = Math.Min(bytes.Length, rate / PiecesPerSecond ?? bytes.Length);
            count = (int)Math.Min(Math.Max(count, 1), cut?.Remaining ?? count);
            for (var sent = 0; sent < count;)
            {
                sent += await to.SendAsync(bytes[sent..count]);
            }

            bytes = bytes[count..];
            Interlocked.Add(ref _carried, count);
            if (cut is not null && (cut.Remaining -= count) == 0)
            {
                connection.Cut(cut.Kind);
                cut.Complete(fallen: true);
                return;
            }

            if (rate is not null)
            {
                _free = Math.Max(_free, Stopwatch.GetTimestamp() - s_slack) + (Stopwatch.Frequency * count / rate.Value);
                await UntilAsync(_free);
            }
        }
    }

    private long Due() => quality.Delay > TimeSpan.Zero ? Stopwatch.GetTimestamp() + (long)(quality.Delay.TotalSeconds * Stopwatch.Frequency) : 0;

    /// <summary>Not before then: a delay leaves out what is less than a millisecond, and its timer has a clock of its own.</summary>
    private async Task UntilAsync(long timestamp)
    {
        while (timestamp != 0 && Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), timestamp) is { Ticks: > 0 } wait)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), connection.Ended);
        }
    }

    private readonly record struct Piece(byte[] Bytes, int Count, long Due);
}
