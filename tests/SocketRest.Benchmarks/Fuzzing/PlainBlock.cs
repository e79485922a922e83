using System.Buffers;
using System.Text;

namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>
/// Header blocks of literals that no table keeps (RFC 7541 section 6.2.2): such a block can be left out or sent twice, and what follows can still be
/// decoded. Writes whatever it is given.
/// </summary>
internal static class PlainBlock
{
    private const int PrefixLimit = 0x7F;

    public static byte[] Encode(ReadOnlySpan<Field> fields)
    {
        var writer = new ArrayBufferWriter<byte>(256);
        foreach (var field in fields)
        {
            Write(writer, 0);
            WriteText(writer, field.Name);
            WriteText(writer, field.Value);
        }

        return writer.WrittenSpan.ToArray();
    }

    private static void WriteText(ArrayBufferWriter<byte> writer, string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        if (length < PrefixLimit)
        {
            Write(writer, (byte)length);
        }
        else
        {
            Write(writer, PrefixLimit);
            var rest = length - PrefixLimit;
            for (; rest >= 0x80; rest >>= 7)
            {
                Write(writer, (byte)(0x80 | (rest & 0x7F)));
            }

            Write(writer, (byte)rest);
        }

        Encoding.UTF8.GetBytes(text, writer);
    }

    private static void Write(ArrayBufferWriter<byte> writer, byte octet) => writer.Write(new ReadOnlySpan<byte>(in octet));
}
