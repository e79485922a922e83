namespace SocketRest.Protocol.Hpack;

/// <summary>The decoder's dynamic table (RFC 7541 section 2.3.2): a ring that grows with what it holds.</summary>
internal sealed class DecoderTable(int maxSize)
{
    private const int InitialCapacity = 4;

    private DecodedField[] _entries = []; // The length is a power of two.
    private int _newest;

    public int Count { get; private set; }

    /// <summary>The entries' size by RFC 7541 section 4.1.</summary>
    public int Size { get; private set; }

    /// <summary>What <see cref="Size"/> stays within.</summary>
    public int MaxSize { get; private set; } = maxSize;

    /// <summary>The entry at a position below <see cref="Count"/>; 0 is the newest.</summary>
    public ref readonly DecodedField Get(int position) => ref _entries[(_newest - position) & (_entries.Length - 1)];

    /// <summary>Adds an entry, after the oldest have made room. One that is larger than the table empties it (section 4.4).</summary>
    public void Add(in DecodedField field)
    {
        Evict(MaxSize - field.Size);
        if (field.Size > MaxSize)
        {
            return;
        }

        if (Count == _entries.Length)
        {
            Grow();
        }

        _newest = (_newest + 1) & (_entries.Length - 1);
        _entries[_newest] = field;
        Count++;
        Size += field.Size;
    }

    public void Resize(int maxSize)
    {
        MaxSize = maxSize;
        Evict(maxSize);
    }

    private void Evict(int size)
    {
        while (Size > size && Count > 0)
        {
            ref DecodedField oldest = ref _entries[(_newest - Count + 1) & (_entries.Length - 1)];
            Size -= oldest.Size;
            Count--;
            oldest = default;
        }
    }

    private void Grow()
    {
        var entries = new DecodedField[Math.Max(InitialCapacity, _entries.Length * 2)];
        for (int i = 0; i < Count; i++)
        {
            entries[Count - 1 - i] = Get(i);
        }

        _entries = entries;
        _newest = Count - 1;
    }
}
