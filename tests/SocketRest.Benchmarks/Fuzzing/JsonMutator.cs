using System.Text;

namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>Changes a handshake's message: values of other types, numbers out of range, members that are missing, twice or deep.</summary>
internal sealed class JsonMutator(FuzzRandom random)
{
    private static readonly string[] s_values =
    [
        "0", "1", "-1", "2147483648", "18446744073709551616", "1.5", "1e400", "true", "null", "\"\"", "\"x\"", "\"\\u0000\"", "\"\\ud800\"", "[]", "[1]", "[2]", "[null]", "{}", "{\"a\":1}",
        "{\"id\":\"a\",\"token\":\"b\",\"received\":0,\"attempt\":1}", new string('[', 70) + new string(']', 70), "\"" + new string('n', 300) + "\"", "\"\ufeff\u2028\"",
    ];

    private static readonly string[] s_members = ["resume", "name", "instance", "metadata", "settings", "serves", "versions", "version", "id", "grace", "received", "unknown"];

    public byte[] Mutate(ReadOnlyMemory<byte> payload)
    {
        var text = Encoding.UTF8.GetString(payload.Span);
        var colons = text.Count(character => character == ':');
        if (colons == 0 || random.OneIn(4))
        {
            // The last of two members of one name is the one that counts.
            return Encoding.UTF8.GetBytes(text.TrimEnd('}') + $"{(text.Length > 2 ? "," : "")}\"{random.Pick(s_members)}\":{random.Pick(s_values)}}}");
        }

        var at = -1;
        for (var skip = random.Next(colons); skip >= 0; skip--)
        {
            at = text.IndexOf(':', at + 1);
        }

        var end = text.AsSpan(at).IndexOfAny(',', '}');
        end = end < 0 ? text.Length : at + end;
        return Encoding.UTF8.GetBytes(text[..(at + 1)] + random.Pick(s_values) + text[end..]);
    }
}
