using System.Runtime.CompilerServices;

namespace PetStore.Api;

/// <summary>
/// The last changes, and a way to wait for the next. A reader keeps its place by sequence number, so that a slow one costs the store
/// nothing: it finds a gap where the log has moved on.
/// </summary>
internal sealed class PetChangeLog
{
    private const int Capacity = 1000;

    private readonly Lock _lock = new();
    private readonly Queue<PetChange> _changes = new();
    private TaskCompletionSource _next = NewSignal();
    private long _lastSequence;

    public void Append(PetChangeKind kind, Pet pet)
    {
        TaskCompletionSource signal;
        lock (_lock)
        {
            if (_changes.Count == Capacity)
                _changes.Dequeue();
            _changes.Enqueue(new PetChange(++_lastSequence, kind, pet));
            signal = _next;
            _next = NewSignal();
        }

        signal.SetResult();
    }

    /// <summary>The changes behind <paramref name="after"/>; with <paramref name="follow"/> also those that are still to come.</summary>
    public async IAsyncEnumerable<PetChange> ReadAsync(
        long after, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var (known, next) = Behind(after);
            foreach (var change in known)
            {
                yield return change;
                after = change.Sequence;
            }

            if (!follow)
                yield break;
            await next.WaitAsync(cancellationToken);
        }
    }

    private (IReadOnlyList<PetChange> Known, Task Next) Behind(long after)
    {
        lock (_lock)
            return ([.. _changes.Where(change => change.Sequence > after)], _next.Task);
    }

    // Continuations run elsewhere: a reader must not run on the thread of whoever changed a pet.
    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
