using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SocketRest.Protocol.Hpack;

/// <summary>A fixed table from short octet strings to their position in the list it was made from.</summary>
internal sealed class OctetTable
{
    private readonly byte[][] _keys;
    private readonly byte[] _slots;
    private readonly int _shift;
    private readonly int _maxLength;

    public OctetTable(byte[][] keys)
    {
        // A slot is one byte, and 0 is the empty one.
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keys.Length, byte.MaxValue);

        int slots = (int)BitOperations.RoundUpToPowerOf2((uint)keys.Length * 4);
        _keys = keys;
        _slots = new byte[slots];
        _shift = 64 - BitOperations.Log2((uint)slots);
        for (int i = 0; i < keys.Length; i++)
        {
            _maxLength = Math.Max(_maxLength, keys[i].Length);
            int slot = SlotOf(keys[i]);
            while (_slots[slot] != 0)
            {
                slot = (slot + 1) & (slots - 1);
            }

            _slots[slot] = (byte)(i + 1);
        }
    }

    /// <summary>The position of an octet string, or -1.</summary>
    public int Find(ReadOnlySpan<byte> octets)
    {
        if (octets.Length > _maxLength)
        {
            return -1;
        }

        byte[] slots = _slots;
        for (int slot = SlotOf(octets); ; slot++)
        {
            int position = slots[slot & (slots.Length - 1)] - 1;
            if (position < 0 || octets.SequenceEqual(_keys[position]))
            {
                return position;
            }
        }
    }

    // The length and both ends are enough to tell header names apart.
    private int SlotOf(ReadOnlySpan<byte> octets)
    {
        ulong head = 0;
        ulong tail = 0;
        int length = octets.Length;
        ref byte first = ref MemoryMarshal.GetReference(octets);
        if (length >= sizeof(ulong))
        {
            head = Unsafe.ReadUnaligned<ulong>(ref first);
            tail = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref first, length - sizeof(ulong)));
        }
        else if (length >= sizeof(uint))
        {
            head = Unsafe.ReadUnaligned<uint>(ref first);
            tail = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref first, length - sizeof(uint)));
        }
        else if (length > 0)
        {
            head = first;
            tail = (ulong)octets[length / 2] << 8 | octets[length - 1];
        }

        ulong hash = (head * 0x9E3779B97F4A7C15) ^ BitOperations.RotateLeft((tail + (ulong)length) * 0xC2B2AE3D27D4EB4F, 31);
        return (int)((hash * 0x9E3779B97F4A7C15) >> _shift);
    }
}
