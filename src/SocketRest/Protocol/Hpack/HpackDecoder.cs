using System.Text;
using System.Text.Unicode;

namespace SocketRest.Protocol.Hpack;

/// <summary>
/// Decodes the header blocks of one direction of a connection, in the order in which they were encoded (RFC 7541 section 3). A field
/// that is in a table costs nothing but its place in the list: it is the same strings again.
/// </summary>
internal sealed class HpackDecoder
{
    private const int RetainedScratch = 4096;

    private readonly DecoderTable _table;
    private readonly int _maxTableSize;
    private readonly int _maxListSize;
    private readonly int _maxFields;
    private byte[] _scratch = [];

    /// <param name="maxTableSize">What the dynamic table holds at most, in bytes of RFC 7541 section 4.1; also its size at first.</param>
    /// <param name="maxListSize">The largest list that is handed on, in the same bytes.</param>
    /// <param name="maxFields">The most fields that are handed on.</param>
    public HpackDecoder(int maxTableSize = 4096, int maxListSize = 32 * 1024, int maxFields = 1000)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxTableSize);
        ArgumentOutOfRangeException.ThrowIfNegative(maxListSize);
        ArgumentOutOfRangeException.ThrowIfNegative(maxFields);
        _table = new DecoderTable(maxTableSize);
        _maxTableSize = maxTableSize;
        _maxListSize = maxListSize;
        _maxFields = maxFields;
    }

    /// <summary>The dynamic table's size, for tests that compare it with the encoder's.</summary>
    internal int TableSize => _table.Size;

    /// <summary>Keeps no more than the table until the next block.</summary>
    public void TrimExcess() => _scratch = [];

    /// <summary>Decodes one whole block into a list, which is emptied first.</summary>
    /// <exception cref="HpackException">The coding is broken. Nothing more can be decoded on this connection.</exception>
    public void Decode(ReadOnlySpan<byte> block, HeaderList destination)
    {
        destination.Clear();
        int position = 0;

        // RFC 7541 section 4.2: size updates come before the first field.
        while (position < block.Length && (block[position] & 0xE0) == 0x20)
        {
            UpdateSize(HpackInteger.Read(block, ref position, 0x1F));
        }

        while (position < block.Length)
        {
            int first = block[position];
            if (first >= 0x80)
            {
                int index = first & 0x7F;
                if (index == 0x7F)
                {
                    index = HpackInteger.Read(block, ref position, 0x7F);
                }
                else
                {
                    position++;
                }

                destination.Add(in GetField(index), sensitive: false, _maxListSize, _maxFields);
            }
            else if (first >= 0x40)
            {
                DecodedField field = ReadLiteral(block, ref position, 0x3F);
                destination.Add(in field, sensitive: false, _maxListSize, _maxFields);
                _table.Add(in field);
            }
            else if (first < 0x20)
            {
                // Without indexing (section 6.2.2), or never to be indexed, by anyone (section 6.2.3).
                DecodedField field = ReadLiteral(block, ref position, 0x0F);
                destination.Add(in field, sensitive: first >= 0x10, _maxListSize, _maxFields);
            }
            else
            {
                throw new HpackException("A table size update follows a field.");
            }
        }

        if (_scratch.Length > RetainedScratch)
        {
            _scratch = [];
        }
    }

    private void UpdateSize(int size)
    {
        if (size > _maxTableSize)
        {
            throw new HpackException("A table size update exceeds the maximum.");
        }

        _table.Resize(size);
    }

    // RFC 7541 section 2.3.3: the static table, then the dynamic one from its newest entry on.
    private ref readonly DecodedField GetField(int index)
    {
        if ((uint)(index - 1) < StaticTable.Count)
        {
            return ref StaticTable.Get(index);
        }

        int position = index - StaticTable.Count - 1;
        if ((uint)position >= (uint)_table.Count)
        {
            ThrowInvalidIndex();
        }

        return ref _table.Get(position);
    }

    private DecodedField ReadLiteral(ReadOnlySpan<byte> block, ref int position, int prefixMask)
    {
        var field = default(DecodedField);
        int nameIndex = HpackInteger.Read(block, ref position, prefixMask);
        if (nameIndex == 0)
        {
            ReadName(ReadString(block, ref position), ref field);
        }
        else
        {
            ref readonly DecodedField named = ref GetField(nameIndex);
            field.Name = named.Name;
            field.Pseudo = named.Pseudo;
            field.NameFault = named.NameFault;
        }

        ReadOnlySpan<byte> value = ReadString(block, ref position);
        field.ValueFault = HeaderRules.CheckWireValue(value);
        field.Value = ReadValue(value, out int valueLength);
        if (field.Name.Length == 2 && HeaderRules.IsTe(field.Name) && !HeaderRules.IsTrailers(field.Value))
        {
            field.ValueFault = HeaderFault.OfOneConnection;
        }

        // Names have one character an octet, and valid ones are ASCII.
        int nameLength = field.NameFault == HeaderFault.None ? field.Name.Length : HeaderText.Utf8Length(field.Name);
        field.Size = field.Name.Length + value.Length + HeaderList.FieldOverhead;
        field.Bound = HeaderList.BoundOf(nameLength, valueLength);
        return field;
    }

    /// <summary>A string literal (RFC 7541 section 5.2). If it was Huffman-coded, it is only good until the next one is read.</summary>
    private ReadOnlySpan<byte> ReadString(ReadOnlySpan<byte> block, ref int position)
    {
        bool isHuffmanCoded = (uint)position < (uint)block.Length && block[position] >= 0x80;
        int length = HpackInteger.Read(block, ref position, 0x7F);
        if (length > block.Length - position)
        {
            throw new HpackException("A string is longer than what is left of the block.");
        }

        ReadOnlySpan<byte> octets = block.Slice(position, length);
        position += length;
        if (!isHuffmanCoded)
        {
            return octets;
        }

        int maxLength = HuffmanDecoder.MaxDecodedLength(length);
        if (_scratch.Length < maxLength)
        {
            _scratch = new byte[Math.Max(256, maxLength)];
        }

        return _scratch.AsSpan(0, HuffmanDecoder.Decode(octets, _scratch));
    }

    private static void ReadName(ReadOnlySpan<byte> octets, ref DecodedField field)
    {
        if (KnownHeaders.FindName(octets, out field.Pseudo, out field.NameFault) is { } known)
        {
            field.Name = known;
            return;
        }

        field.Name = Encoding.Latin1.GetString(octets);
        field.NameFault = HeaderRules.CheckWireName(octets);
    }

    private static string ReadValue(ReadOnlySpan<byte> octets, out int utf8Length)
    {
        utf8Length = octets.Length;
        if (KnownHeaders.FindValue(octets) is { } known)
        {
            return known;
        }

        if (Ascii.IsValid(octets))
        {
            return Encoding.Latin1.GetString(octets);
        }

        if (Utf8.IsValid(octets))
        {
            return Encoding.UTF8.GetString(octets);
        }

        // RFC 9110 section 5.5 calls other octets opaque. Latin-1 loses none of them.
        string opaque = Encoding.Latin1.GetString(octets);
        utf8Length = Encoding.UTF8.GetByteCount(opaque);
        return opaque;
    }

    private static void ThrowInvalidIndex() => throw new HpackException("An index is 0 or beyond the tables.");
}
