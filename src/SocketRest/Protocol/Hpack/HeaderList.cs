namespace SocketRest.Protocol.Hpack;

/// <summary>A growing list of fields that is used again and again: what the encoder is given and what the decoder fills.</summary>
internal sealed class HeaderList
{
    /// <summary>What RFC 7541 section 4.1 adds to each field's octets.</summary>
    public const int FieldOverhead = 32;

    private const int InitialCapacity = 16;
    private const int RetainedCapacity = 64;

    private HeaderField[] _fields = [];
    private int _count;
    private long _encodedBound;
    private long _listSize;
    private uint _pseudoHeaders;
    private bool _hasRegularField;

    public int Count => _count;

    public ReadOnlySpan<HeaderField> Span => _fields.AsSpan(0, _count);

    /// <summary>
    /// At least as many bytes as the fields take when all are sent as literals without Huffman coding. It lets a caller refuse a block
    /// that fits in no frame before the encoder's table knows of it.
    /// </summary>
    public int EncodedBound => (int)Math.Min(_encodedBound, int.MaxValue);

    /// <summary>The size of the decoded list by RFC 7541 section 4.1, with the fields that were not stored.</summary>
    public int ListSize => (int)Math.Min(_listSize, int.MaxValue);

    /// <summary>Whether the decoder's limits were exceeded; the fields past them are missing here.</summary>
    public bool TooLarge { get; private set; }

    /// <summary>Why the decoded block is not valid HTTP, as a sentence, or null. It is the fault of one stream only.</summary>
    public string? Malformed { get; private set; }

    public ref readonly HeaderField this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_count, nameof(index));
            return ref _fields[index];
        }
    }

    public void Add(string name, string value, bool sensitive = false)
    {
        _encodedBound += BoundOf(HeaderText.Utf8Length(name), HeaderText.Utf8Length(value));
        Append(name, value, sensitive);
    }

    /// <summary>Empties the list, lets go of its strings, and keeps a modest capacity.</summary>
    public void Clear()
    {
        if (_fields.Length > RetainedCapacity)
        {
            _fields = [];
        }
        else
        {
            Array.Clear(_fields, 0, _count);
        }

        _count = 0;
        _encodedBound = 0;
        _listSize = 0;
        _pseudoHeaders = 0;
        _hasRegularField = false;
        TooLarge = false;
        Malformed = null;
    }

    /// <summary>Takes a field from the decoder, as long as the limits hold.</summary>
    internal void Add(in DecodedField field, bool sensitive, int maxListSize, int maxFields)
    {
        _listSize += field.Size;
        if (_listSize > maxListSize || _count >= maxFields)
        {
            TooLarge = true;
        }

        if (TooLarge)
        {
            return;
        }

        if (field.Pseudo != PseudoHeader.None)
        {
            CheckPseudoHeader(field.Pseudo);
        }
        else
        {
            _hasRegularField = true;
        }

        if ((field.NameFault | field.ValueFault) != HeaderFault.None)
        {
            Malformed ??= HeaderRules.Describe(field.NameFault != HeaderFault.None ? field.NameFault : field.ValueFault);
        }

        _encodedBound += field.Bound;
        Append(field.Name, field.Value, sensitive);
    }

    /// <summary>The most bytes that a literal takes: its first byte and both strings with their lengths (RFC 7541 section 6.2).</summary>
    internal static int BoundOf(int nameOctets, int valueOctets)
    {
        long bound = 1L + LengthOctets(nameOctets) + nameOctets + LengthOctets(valueOctets) + valueOctets;
        return (int)Math.Min(bound, int.MaxValue);
    }

    private static int LengthOctets(int length) => length < 127 ? 1 : length < 127 + (1 << 14) ? 3 : 6;

    private void Append(string name, string value, bool sensitive)
    {
        HeaderField[] fields = _fields;
        int count = _count;
        if ((uint)count >= (uint)fields.Length)
        {
            Array.Resize(ref _fields, Math.Max(InitialCapacity, count * 2));
            fields = _fields;
        }

        fields[count] = new HeaderField(name, value, sensitive);
        _count = count + 1;
    }

    // RFC 9113 section 8.3: all before the regular fields, and none twice.
    private void CheckPseudoHeader(PseudoHeader pseudoHeader)
    {
        uint bit = 1u << (int)pseudoHeader;
        if (_hasRegularField)
        {
            Malformed ??= "A pseudo-header follows a regular field.";
        }
        else if ((_pseudoHeaders & bit) != 0)
        {
            Malformed ??= "A pseudo-header is there twice.";
        }

        _pseudoHeaders |= bit;
    }
}
