using System.Collections.Immutable;

namespace SocketRest.Diagnostics;

/// <summary>
/// Hands events to any number of readers, to each in the order in which they were published. A reader that is slow holds up nobody: of what it
/// has not read the oldest is dropped, and the next event that it does read says how many are missing in front of it.
/// </summary>
/// <param name="withMissed">Puts that number into an event.</param>
internal sealed class EventBroadcaster<T>(Func<T, int, T> withMissed) : IAsyncEnumerable<T>
{
    /// <summary>Events that are kept for a reader.</summary>
    public const int Capacity = 1024;

    private readonly Lock _lock = new();
    private ImmutableArray<Reader> _readers = [];
    private bool _completed;

    /// <summary>Never waits and never fails.</summary>
    public void Publish(T item)
    {
        lock (_lock)
        {
            foreach (Reader reader in _readers)
            {
                reader.Add(item);
            }
        }
    }

    /// <summary>There will be no more events: readers end when they have read what there is.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            _completed = true;
            foreach (Reader reader in _readers)
            {
                reader.Complete();
            }

            _readers = [];
        }
    }

    /// <summary>A reader of what is published from now on, whenever it first asks for it.</summary>
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        var reader = new Reader(this, cancellationToken);
        lock (_lock)
        {
            if (_completed)
            {
                reader.Complete();
            }
            else
            {
                _readers = _readers.Add(reader);
            }
        }

        return reader;
    }

    private void Remove(Reader reader)
    {
        lock (_lock)
        {
            _readers = _readers.Remove(reader);
        }
    }

    private sealed class Reader(EventBroadcaster<T> owner, CancellationToken cancellationToken) : IAsyncEnumerator<T>
    {
        private readonly Lock _lock = new();
        private readonly Queue<T> _items = new();
        private TaskCompletionSource? _waiting;
        private int _missed;
        private bool _completed;

        public T Current { get; private set; } = default!;

        public void Add(T item)
        {
            lock (_lock)
            {
                if (_items.Count == Capacity)
                {
                    _items.Dequeue();
                    _missed++;
                }

                _items.Enqueue(item);
                _waiting?.TrySetResult();
            }
        }

        public void Complete()
        {
            lock (_lock)
            {
                _completed = true;
                _waiting?.TrySetResult();
            }
        }

        public async ValueTask<bool> MoveNextAsync()
        {
            while (true)
            {
                Task more;
                lock (_lock)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (_items.TryDequeue(out T? item))
                    {
                        Current = _missed == 0 ? item : owner.WithMissed(item, _missed);
                        _missed = 0;
                        return true;
                    }

                    if (_completed)
                    {
                        return false;
                    }

                    _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    more = _waiting.Task;
                }

                await more.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        public ValueTask DisposeAsync()
        {
            owner.Remove(this);
            return default;
        }
    }

    private T WithMissed(T item, int missed) => withMissed(item, missed);
}
