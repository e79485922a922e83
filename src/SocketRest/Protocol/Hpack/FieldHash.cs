using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace SocketRest.Protocol.Hpack;

/// <summary>
/// The encoder's hashes. They need not resist an attacker: chains are bounded, so that colliding fields cost compression and no time.
/// </summary>
internal static class FieldHash
{
    private const ulong Multiplier1 = 0x9E3779B97F4A7C15;
    private const ulong Multiplier2 = 0xC2B2AE3D27D4EB4F;
    private const ulong Multiplier3 = 0x165667B19E3779F9;

    private const int WordChars = sizeof(ulong) / sizeof(char);

    // Makes letters lower case, four at a time. What it does to other characters does not matter to a hash.
    private const ulong LowerCase = 0x0020_0020_0020_0020;

    /// <summary>Hashes the length and both ends of a name, whatever its case.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint OfName(string name)
    {
        int length = name.Length;
        ulong head;
        ulong tail;
        if (length >= WordChars)
        {
            head = Word(name, 0) | LowerCase;
            tail = Word(name, length - WordChars) | LowerCase;
        }
        else
        {
            head = ShortWord(name) | LowerCase;
            tail = 0;
        }

        return Finish((head * Multiplier1) ^ BitOperations.RotateLeft((tail + (ulong)length) * Multiplier2, 31));
    }

    /// <summary>Hashes a name's hash with the length, both ends and the middle of a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint OfField(uint nameHash, string value)
    {
        int length = value.Length;
        ulong hash = ((ulong)nameHash << 32) | (uint)length;
        if (length >= WordChars)
        {
            int last = length - WordChars;
            hash ^= Word(value, 0) * Multiplier1;
            hash ^= BitOperations.RotateLeft(Word(value, last / 2) * Multiplier2, 23);
            hash ^= BitOperations.RotateLeft(Word(value, last) * Multiplier3, 41);
        }
        else
        {
            hash ^= ShortWord(value) * Multiplier1;
        }

        return Finish(hash);
    }

    /// <summary>Hashes all of a value, to tell whether a field was seen before.</summary>
    public static uint OfWholeField(uint nameHash, string value)
    {
        int length = value.Length;
        if (length < WordChars)
        {
            return OfField(nameHash, value);
        }

        ulong hash = ((ulong)nameHash << 32) | (uint)length;
        int last = length - WordChars;
        for (int i = 0; i < last; i += WordChars)
        {
            hash = Mix(hash ^ Word(value, i));
        }

        return Finish(Mix(hash ^ Word(value, last)));
    }

    /// <summary>Whether two names are the same. Names that are not ASCII are never found equal and so are always sent in full.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool NamesEqual(string left, string right) =>
        ReferenceEquals(left, right) || (left.Length == right.Length && Ascii.EqualsIgnoreCase(left, right));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Word(string text, int index) =>
        Unsafe.ReadUnaligned<ulong>(
            ref Unsafe.As<char, byte>(ref Unsafe.Add(ref MemoryMarshal.GetReference(text.AsSpan()), index)));

    // Up to three characters.
    private static ulong ShortWord(string text) => text.Length switch
    {
        0 => 0,
        1 => text[0],
        2 => text[0] | ((ulong)text[1] << 16),
        _ => text[0] | ((ulong)text[1] << 16) | ((ulong)text[2] << 32),
    };

    private static ulong Mix(ulong hash)
    {
        hash *= Multiplier1;
        return hash ^ (hash >> 29);
    }

    private static uint Finish(ulong hash) => (uint)(((hash ^ (hash >> 32)) * Multiplier2) >> 32);
}
