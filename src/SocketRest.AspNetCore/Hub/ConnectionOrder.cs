using System.Globalization;

namespace SocketRest.AspNetCore.Hub;

/// <summary>
/// The order in which connections are listed: since when they are there, then by ID. A place in it is named by these two and not by a number, so that it stays where
/// it is whoever comes or goes, the connection itself included.
/// </summary>
internal readonly record struct ConnectionOrder(long Since, string Id) : IComparable<ConnectionOrder>
{
    private const int SinceDigits = 16;

    public static ConnectionOrder Of(SocketRestConnection connection) => new(connection.ConnectedAt.UtcTicks, connection.Id);

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse(string text, out ConnectionOrder order)
    {
        if (text.Length > SinceDigits + 1
            && text[SinceDigits] == '-'
            && long.TryParse(text.AsSpan(0, SinceDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long since))
        {
            order = new(since, text[(SinceDigits + 1)..]);
            return true;
        }

        order = default;
        return false;
    }

    public int CompareTo(ConnectionOrder other) => Since != other.Since ? Since.CompareTo(other.Since) : string.CompareOrdinal(Id, other.Id);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Since:x16}-{Id}");
}
