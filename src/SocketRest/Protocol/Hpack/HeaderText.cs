using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace SocketRest.Protocol.Hpack;

/// <summary>How long a field's strings are on the wire.</summary>
internal static class HeaderText
{
    /// <summary>How many bytes a string takes as UTF-8.</summary>
    public static int Utf8Length(string text) => IsAscii(text) ? text.Length : Encoding.UTF8.GetByteCount(text);

    /// <summary>Whether all characters are ASCII. Most strings in a header are short enough for two overlapping loads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsAscii(string text)
    {
        int length = text.Length;
        ref char first = ref MemoryMarshal.GetReference(text.AsSpan());
        if (length is >= 8 and <= 16)
        {
            ref ushort chars = ref Unsafe.As<char, ushort>(ref first);
            Vector128<ushort> all = Vector128.LoadUnsafe(ref chars) | Vector128.LoadUnsafe(ref chars, (nuint)(length - 8));
            return (all & Vector128.Create((ushort)0xFF80)) == Vector128<ushort>.Zero;
        }

        if (length is >= 4 and < 8)
        {
            ulong all = Unsafe.ReadUnaligned<ulong>(ref Unsafe.As<char, byte>(ref first))
                | Unsafe.ReadUnaligned<ulong>(ref Unsafe.As<char, byte>(ref Unsafe.Add(ref first, length - 4)));
            return (all & 0xFF80_FF80_FF80_FF80) == 0;
        }

        return Ascii.IsValid(text);
    }
}
