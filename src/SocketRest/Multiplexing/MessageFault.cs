using System.Globalization;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Multiplexing;

/// <summary>What is wrong with a peer's message, which costs it the stream and no more.</summary>
internal static class MessageFault
{
    private const string ContentLength = "Content-Length";

    public static SocketRestException Malformed(string why) =>
        new(SocketRestErrorCode.MalformedMessage, why, RequestOutcome.Executed);

    public static SocketRestException TooLarge() =>
        new(SocketRestErrorCode.HeadersTooLarge, "The header fields are larger than the receiving side accepts.", RequestOutcome.Executed);

    /// <summary>Says what makes the head unusable, or finds the declared length (-1 without one).</summary>
    public static SocketRestException? Of(HeaderList fields, bool endStream, bool bodyExpected, out long length)
    {
        length = -1;
        if (fields.TooLarge)
        {
            return TooLarge();
        }

        if (fields.Malformed is { } why)
        {
            return Malformed(why);
        }

        foreach (ref readonly HeaderField field in fields.Span)
        {
            if (field.Name.Length != ContentLength.Length || !field.Name.Equals(ContentLength, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if (!long.TryParse(field.Value, NumberStyles.None, CultureInfo.InvariantCulture, out long value) || (length >= 0 && value != length))
            {
                return Malformed("The Content-Length is no length.");
            }

            length = value;
        }

        return endStream && length > 0 && bodyExpected ? Malformed($"The body is empty but its Content-Length is {length}.") : null;
    }

    /// <summary>The status of a response's head, -1 where there is none.</summary>
    public static int StatusOf(HeaderList fields)
    {
        if (fields.Count == 0 || fields[0].Name != ":status")
        {
            return -1;
        }

        string value = fields[0].Value;
        return value.Length == 3 && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int status) && status >= 100 ? status : -1;
    }
}
