using System.Runtime.CompilerServices;

namespace SocketRest.Protocol.Hpack;

/// <summary>
/// The encoder's dynamic table (RFC 7541 section 2.3.2): a ring of entries, numbered in the order of their coming, with hash chains from
/// newer to older. An entry leaves the ring without being taken out of its chains: the chains end where the numbers are no longer in
/// the ring.
/// </summary>
internal sealed class EncoderTable(int maxSize)
{
    private const int InitialCapacity = 4;

    // Bounds a look-up however the hashes fall. What is not found within is sent again as a literal.
    private const int MaxProbes = 8;

    private EncoderEntry[] _entries = []; // As long as each of the bucket arrays, and the length is a power of two.
    private uint[] _fieldBuckets = [];
    private uint[] _nameBuckets = [];
    private uint _next = 1; // The next entry's number; an entry's age is its distance from here, and the newest has age 1.
    private int _count;

    /// <summary>The entries' size by RFC 7541 section 4.1.</summary>
    public int Size { get; private set; }

    /// <summary>What <see cref="Size"/> stays within.</summary>
    public int MaxSize { get; private set; } = maxSize;

    /// <summary>The number of the entry at an index that was found just now.</summary>
    public uint NumberOf(int index) => _next - (uint)(index - StaticTable.Count);

    /// <summary>The index of the entry with a number, if it is this field with this very string as its name, or 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Confirm(uint number, string name, string value)
    {
        uint age = _next - number;
        if (age - 1 >= (uint)_count)
        {
            return 0;
        }

        ref EncoderEntry entry = ref _entries[number & (uint)(_entries.Length - 1)];
        return ReferenceEquals(entry.Name, name) && entry.Value == value ? StaticTable.Count + (int)age : 0;
    }

    /// <summary>The index of a whole field in both tables' common count (section 2.3.3), or 0.</summary>
    public int FindField(uint fieldHash, string name, string value)
    {
        EncoderEntry[] entries = _entries;
        uint[] buckets = _fieldBuckets;
        uint slot = fieldHash & (uint)(buckets.Length - 1);
        if (slot >= (uint)buckets.Length)
        {
            return 0;
        }

        uint number = buckets[slot];
        for (int probe = 0; probe < MaxProbes; probe++)
        {
            uint age = _next - number;
            if (age > (uint)_count)
            {
                break;
            }

            ref EncoderEntry entry = ref entries[number & (uint)(entries.Length - 1)];
            if (entry.FieldHash == fieldHash && entry.Value == value && FieldHash.NamesEqual(entry.Name, name))
            {
                return StaticTable.Count + (int)age;
            }

            number = entry.NextByField;
        }

        return 0;
    }

    /// <summary>The index of an entry with a name, or 0.</summary>
    public int FindName(uint nameHash, string name)
    {
        EncoderEntry[] entries = _entries;
        uint[] buckets = _nameBuckets;
        uint slot = nameHash & (uint)(buckets.Length - 1);
        if (slot >= (uint)buckets.Length)
        {
            return 0;
        }

        uint number = buckets[slot];
        for (int probe = 0; probe < MaxProbes; probe++)
        {
            uint age = _next - number;
            if (age > (uint)_count)
            {
                break;
            }

            ref EncoderEntry entry = ref entries[number & (uint)(entries.Length - 1)];
            if (entry.NameHash == nameHash && FieldHash.NamesEqual(entry.Name, name))
            {
                return StaticTable.Count + (int)age;
            }

            number = entry.NextByName;
        }

        return 0;
    }

    /// <summary>Adds an entry that is no larger than the table, after the oldest have made room.</summary>
    public void Add(string name, string value, int size, uint nameHash, uint fieldHash)
    {
        Evict(MaxSize - size);
        if (_count == _entries.Length)
        {
            Grow();
        }

        ref EncoderEntry entry = ref _entries[_next & (uint)(_entries.Length - 1)];
        entry.Name = name;
        entry.Value = value;
        entry.Size = size;
        entry.NameHash = nameHash;
        entry.FieldHash = fieldHash;
        Link(_next, ref entry);
        _next++;
        _count++;
        Size += size;
    }

    public void Resize(int maxSize)
    {
        MaxSize = maxSize;
        Evict(maxSize);
    }

    private void Evict(int size)
    {
        while (Size > size && _count > 0)
        {
            ref EncoderEntry oldest = ref _entries[(_next - (uint)_count) & (uint)(_entries.Length - 1)];
            Size -= oldest.Size;
            _count--;
            oldest = default;
        }
    }

    private void Grow()
    {
        EncoderEntry[] old = _entries;
        int capacity = Math.Max(InitialCapacity, old.Length * 2);
        _entries = new EncoderEntry[capacity];
        _fieldBuckets = new uint[capacity];
        _nameBuckets = new uint[capacity];

        // An empty bucket holds a number that has left the ring, and ages with it.
        uint none = _next - (uint)_count - 1;
        _fieldBuckets.AsSpan().Fill(none);
        _nameBuckets.AsSpan().Fill(none);
        for (uint number = _next - (uint)_count; number != _next; number++)
        {
            ref EncoderEntry entry = ref _entries[number & (uint)(capacity - 1)];
            entry = old[number & (uint)(old.Length - 1)];
            Link(number, ref entry);
        }
    }

    private void Link(uint number, ref EncoderEntry entry)
    {
        ref uint fieldBucket = ref _fieldBuckets[entry.FieldHash & (uint)(_fieldBuckets.Length - 1)];
        entry.NextByField = fieldBucket;
        fieldBucket = number;
        ref uint nameBucket = ref _nameBuckets[entry.NameHash & (uint)(_nameBuckets.Length - 1)];
        entry.NextByName = nameBucket;
        nameBucket = number;
    }
}
