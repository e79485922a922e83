using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace SocketRest.Cli.Hub.SignIn;

/// <summary>What is found by a random name that nobody can guess, each for the same time. Where there are too many the oldest go, first of all those of the owner who has too many.</summary>
/// <param name="time">The clock.</param>
/// <param name="lifetime">How long each is found.</param>
/// <param name="most">How many there are at once.</param>
/// <param name="mostOfOne">How many of those are one owner's.</param>
/// <param name="dropped">Told of what went without having been removed.</param>
internal sealed class ExpiringTable<T>(TimeProvider time, TimeSpan lifetime, int most, int mostOfOne, Action<T>? dropped = null)
    where T : class
{
    private const int NameBytes = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _byName = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _byAge = new();
    private readonly Dictionary<string, LinkedList<Entry>> _byOwner = new(StringComparer.Ordinal);

    /// <summary>Keeps a value, and returns its name.</summary>
    public string Add(string owner, T value)
    {
        string name = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(NameBytes));
        DateTimeOffset now = time.GetUtcNow();
        List<T> gone = [];
        lock (_lock)
        {
            while (_byAge.First?.Value is { } oldest && (_byAge.Count >= most || oldest.Ends <= now))
            {
                Drop(oldest, gone);
            }

            while (_byOwner.TryGetValue(owner, out LinkedList<Entry>? own) && own.Count >= mostOfOne)
            {
                Drop(own.First!.Value, gone);
            }

            var entry = new Entry(name, owner, value, now + lifetime);
            _byName[name] = entry;
            _byAge.AddLast(entry.ByAge);
            if (!_byOwner.TryGetValue(owner, out LinkedList<Entry>? others))
            {
                _byOwner[owner] = others = new LinkedList<Entry>();
            }

            others.AddLast(entry.OfOwner);
        }

        foreach (T one in gone)
        {
            dropped?.Invoke(one);
        }

        return name;
    }

    public bool TryGet(string name, [NotNullWhen(true)] out T? value)
    {
        lock (_lock)
        {
            value = _byName.TryGetValue(name, out Entry? found) && IsAlive(found) ? found.Value : null;
            return value is not null;
        }
    }

    public bool TryRemove(string name, [NotNullWhen(true)] out T? value)
    {
        lock (_lock)
        {
            value = null;
            if (_byName.TryGetValue(name, out Entry? found))
            {
                Remove(found);
                value = IsAlive(found) ? found.Value : null;
            }

            return value is not null;
        }
    }

    private bool IsAlive(Entry entry) => entry.Ends > time.GetUtcNow();

    private void Drop(Entry entry, List<T> gone)
    {
        Remove(entry);
        gone.Add(entry.Value);
    }

    private void Remove(Entry entry)
    {
        _byName.Remove(entry.Name);
        _byAge.Remove(entry.ByAge);
        LinkedList<Entry> own = _byOwner[entry.Owner];
        own.Remove(entry.OfOwner);
        if (own.Count == 0)
        {
            _byOwner.Remove(entry.Owner);
        }
    }

    private sealed class Entry
    {
        public Entry(string name, string owner, T value, DateTimeOffset ends)
        {
            (Name, Owner, Value, Ends) = (name, owner, value, ends);
            ByAge = new LinkedListNode<Entry>(this);
            OfOwner = new LinkedListNode<Entry>(this);
        }

        public string Name { get; }

        public string Owner { get; }

        public T Value { get; }

        public DateTimeOffset Ends { get; }

        public LinkedListNode<Entry> ByAge { get; }

        public LinkedListNode<Entry> OfOwner { get; }
    }
}
