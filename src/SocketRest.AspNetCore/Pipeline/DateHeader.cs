using System.Globalization;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>The Date field's value (RFC 9110 section 6.6.1), made once a second and shared, so that it is indexed in between.</summary>
internal sealed class DateHeader(TimeProvider time)
{
    private Entry _last = new(0, "");

    public string Value
    {
        get
        {
            DateTimeOffset now = time.GetUtcNow();
            long second = now.Ticks / TimeSpan.TicksPerSecond;
            Entry last = Volatile.Read(ref _last);
            if (last.Second != second)
            {
                last = new Entry(second, now.ToString("r", CultureInfo.InvariantCulture));
                Volatile.Write(ref _last, last);
            }

            return last.Text;
        }
    }

    private sealed record Entry(long Second, string Text);
}
