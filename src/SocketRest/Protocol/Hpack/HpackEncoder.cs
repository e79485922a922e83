using System.Buffers;
using System.Text;

namespace SocketRest.Protocol.Hpack;

/// <summary>
/// Encodes the header blocks of one direction of a connection. Each block that was encoded has to be sent, and in that order, or the
/// peer's table is no longer this one (RFC 7541 section 2.2). Strings are not Huffman-coded: what repeats is a byte anyway.
/// </summary>
internal sealed class HpackEncoder
{
    private const int Indexed = 0x80;
    private const int WithIndexing = 0x40;
    private const int SizeUpdate = 0x20;
    private const int NeverIndexed = 0x10;
    private const int WithoutIndexing = 0x00;

    // A larger table than this would cost memory for each connection and gain nothing, whatever the peer allows.
    private const int LargestTable = 64 * 1024;

    // A shorter secret could be guessed from the size of blocks (RFC 7541 section 7.1.3).
    private const int ShortCookie = 20;

    private readonly EncoderTable _table;
    private RecentFields _recent;
    private FieldGuesses _guesses;
    private int _pendingSize;
    private int _smallestPendingSize = int.MaxValue; // The smallest limit since the last block; MaxValue when there was none.

    /// <param name="maxTableSize">The size of the peer's dynamic table, in bytes of RFC 7541 section 4.1.</param>
    public HpackEncoder(int maxTableSize = 4096)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxTableSize);
        _table = new EncoderTable(Math.Min(maxTableSize, LargestTable));
    }

    /// <summary>The dynamic table's size, for tests that compare it with the decoder's.</summary>
    internal int TableSize => _table.Size;

    /// <summary>Takes another limit from the peer. The next block begins by saying so (RFC 7541 sections 4.2 and 6.3).</summary>
    public void SetMaxTableSize(int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        _pendingSize = Math.Min(size, LargestTable);
        _smallestPendingSize = Math.Min(_smallestPendingSize, _pendingSize);
    }

    /// <summary>
    /// Encodes one whole block into a span of at least <see cref="HeaderList.EncodedBound"/> and 16 bytes more, and returns how many
    /// bytes it takes.
    /// </summary>
    public int Encode(ReadOnlySpan<HeaderField> fields, Span<byte> destination)
    {
        int position = _smallestPendingSize == int.MaxValue ? 0 : WriteSizeUpdates(destination);
        for (int i = 0; i < fields.Length; i++)
        {
            ref readonly HeaderField field = ref fields[i];
            int index = field.Sensitive ? 0 : Confirm(i, field.Name, field.Value);
            position = index != 0
                ? HpackInteger.Write(destination, position, Indexed, 0x7F, index)
                : WriteField(in field, i, destination, position);
        }

        return position;
    }

    private int Confirm(int place, string name, string value)
    {
        if (place >= FieldGuesses.Count)
        {
            return 0;
        }

        FieldGuess guess = _guesses[place];
        if (guess.StaticIndex == 0)
        {
            return _table.Confirm(guess.Number, name, value);
        }

        ref readonly DecodedField field = ref StaticTable.Get(guess.StaticIndex);
        return ReferenceEquals(field.Name, name) && field.Value == value ? guess.StaticIndex : 0;
    }

    private int WriteField(in HeaderField field, int place, Span<byte> destination, int position)
    {
        uint nameHash = FieldHash.OfName(field.Name);
        uint fieldHash = FieldHash.OfField(nameHash, field.Value);
        if (!field.Sensitive)
        {
            int index = StaticTable.FindField(fieldHash, field.Name, field.Value);
            if (index != 0)
            {
                Guess(place, new FieldGuess(index, 0));
                return HpackInteger.Write(destination, position, Indexed, 0x7F, index);
            }

            index = _table.FindField(fieldHash, field.Name, field.Value);
            if (index != 0)
            {
                Guess(place, new FieldGuess(0, _table.NumberOf(index)));
                return HpackInteger.Write(destination, position, Indexed, 0x7F, index);
            }
        }

        return WriteLiteral(in field, nameHash, fieldHash, destination, position);
    }

    private void Guess(int place, FieldGuess guess)
    {
        if (place < FieldGuesses.Count)
        {
            _guesses[place] = guess;
        }
    }

    // RFC 7541 section 4.2: the smallest size in between empties what the peer has emptied too, then comes the one that stays.
    private int WriteSizeUpdates(Span<byte> destination)
    {
        int position = 0;
        if (_smallestPendingSize < Math.Min(_pendingSize, _table.MaxSize))
        {
            _table.Resize(_smallestPendingSize);
            position = HpackInteger.Write(destination, position, SizeUpdate, 0x1F, _smallestPendingSize);
        }

        if (_pendingSize != _table.MaxSize)
        {
            _table.Resize(_pendingSize);
            position = HpackInteger.Write(destination, position, SizeUpdate, 0x1F, _pendingSize);
        }

        _smallestPendingSize = int.MaxValue;
        return position;
    }

    private int WriteLiteral(in HeaderField field, uint nameHash, uint fieldHash, Span<byte> destination, int position)
    {
        string name = field.Name;
        string value = field.Value;
        int nameIndex = StaticTable.FindName(nameHash, name);
        IndexingPolicy policy = StaticTable.GetPolicy(nameIndex);
        if (nameIndex == 0)
        {
            nameIndex = _table.FindName(nameHash, name);
        }

        bool isSecret = field.Sensitive || policy == IndexingPolicy.Never
            || (policy == IndexingPolicy.Cookie && value.Length < ShortCookie);
        int size = 0;
        bool isIndexed = !isSecret && ShouldIndex(policy, nameIndex, nameHash, in field) && FitsTable(in field, nameIndex, out size);
        if (isIndexed)
        {
            position = HpackInteger.Write(destination, position, WithIndexing, 0x3F, nameIndex);
        }
        else
        {
            position = HpackInteger.Write(destination, position, isSecret ? NeverIndexed : WithoutIndexing, 0x0F, nameIndex);
        }

        if (nameIndex == 0)
        {
            position = WriteName(name, destination, position);
        }

        position = WriteValue(value, destination, position);
        if (isIndexed)
        {
            _table.Add(name, value, size, nameHash, fieldHash);
        }

        return position;
    }

    private bool ShouldIndex(IndexingPolicy policy, int nameIndex, uint nameHash, in HeaderField field)
    {
        if (policy == IndexingPolicy.AtFirstSight)
        {
            return true;
        }

        bool isRepeated = _recent.Remember(FieldHash.OfWholeField(nameHash, field.Value));

        // A name that is in neither table and comes again gets one entry, so that ids under that name need not repeat it.
        return (nameIndex == 0 && _recent.Remember(nameHash)) || isRepeated;
    }

    // An entry that takes most of the table would push all others out.
    private bool FitsTable(in HeaderField field, int nameIndex, out int size)
    {
        int limit = _table.MaxSize / 4 * 3;
        size = 0;
        if (field.Name.Length + HeaderList.FieldOverhead > limit || field.Value.Length > limit)
        {
            return false;
        }

        size = field.Name.Length + HeaderText.Utf8Length(field.Value) + HeaderList.FieldOverhead;
        return size <= limit && (nameIndex != 0 || HeaderText.IsAscii(field.Name));
    }

    // RFC 9113 section 8.2: names are lower case.
    private static int WriteName(string name, Span<byte> destination, int position)
    {
        int start = HpackInteger.Write(destination, position, 0, 0x7F, name.Length);
        if (Ascii.ToLower(name, destination[start..], out int written) == OperationStatus.Done)
        {
            return start + written;
        }

        // Not a valid name. The peer says so of this one stream; the block has to be whole all the same.
        return WriteUtf8(name, destination, position);
    }

    private static int WriteValue(string value, Span<byte> destination, int position)
    {
        int start = HpackInteger.Write(destination, position, 0, 0x7F, value.Length);
        if (Ascii.FromUtf16(value, destination[start..], out int written) == OperationStatus.Done)
        {
            return start + written;
        }

        return WriteUtf8(value, destination, position);
    }

    private static int WriteUtf8(string text, Span<byte> destination, int position)
    {
        position = HpackInteger.Write(destination, position, 0, 0x7F, Encoding.UTF8.GetByteCount(text));
        return position + Encoding.UTF8.GetBytes(text, destination[position..]);
    }
}
