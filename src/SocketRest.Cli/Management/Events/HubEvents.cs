using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using SocketRest.Cli.Management.Model;

namespace SocketRest.Cli.Management.Events;

/// <summary>Passes what happens on to whoever reads, each at its own pace: what somebody does not read in time is dropped and counted.</summary>
internal sealed class HubEvents(IOptions<HubManagementOptions> options)
{
    private const int Capacity = 1024;

    private readonly ConcurrentDictionary<Reader, bool> _readers = new();
    private int _count;

    public bool HasReaders => Volatile.Read(ref _count) > 0;

    public void Publish(HubEvent what)
    {
        foreach ((Reader reader, _) in _readers)
        {
            reader.Offer(what);
        }
    }

    /// <summary>Begins to read; false if too many do.</summary>
    public bool TryRead(Func<HubEvent, bool> wanted, [NotNullWhen(true)] out Reader? reader)
    {
        if (Interlocked.Increment(ref _count) > options.Value.MaxEventReaders)
        {
            Interlocked.Decrement(ref _count);
            reader = null;
            return false;
        }

        reader = new Reader(this, wanted);
        _readers[reader] = true;
        return true;
    }

    /// <summary>One reader's queue.</summary>
    internal sealed class Reader : IDisposable
    {
        private readonly HubEvents _owner;
        private readonly Func<HubEvent, bool> _wanted;
        private readonly Channel<HubEvent> _queue;
        private int _missed;

        internal Reader(HubEvents owner, Func<HubEvent, bool> wanted)
        {
            _owner = owner;
            _wanted = wanted;
            _queue = Channel.CreateBounded<HubEvent>(
                new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
                _ => Interlocked.Increment(ref _missed));
        }

        public void Offer(HubEvent what)
        {
            if (_wanted(what))
            {
                _queue.Writer.TryWrite(what);
            }
        }

        /// <summary>Waits for something to read.</summary>
        public async Task WaitAsync(CancellationToken cancellationToken) => await _queue.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false);

        public bool TryTake([NotNullWhen(true)] out HubEvent? what)
        {
            if (!_queue.Reader.TryRead(out what))
            {
                return false;
            }

            int missed = Interlocked.Exchange(ref _missed, 0);
            if (missed > 0)
            {
                what = what with { Missed = missed };
            }

            return true;
        }

        public void Dispose()
        {
            if (_owner._readers.TryRemove(this, out _))
            {
                Interlocked.Decrement(ref _owner._count);
            }
        }
    }
}
