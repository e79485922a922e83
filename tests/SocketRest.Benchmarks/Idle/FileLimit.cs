using System.Globalization;

namespace SocketRest.Benchmarks.Idle;

/// <summary>How many files this process may have open. The runtime has raised the soft limit to the hard one before the first line of Main.</summary>
internal static class FileLimit
{
    private const string Limits = "/proc/self/limits";
    private const string Line = "Max open files";

    /// <summary>What a process has open beside its connections, generously.</summary>
    private const int Others = 500;

    /// <summary>How many connections fit, where each takes <paramref name="files"/> of them in one process.</summary>
    public static int Fit(int files) => (int)Math.Min(int.MaxValue, (Read() - Others) / files);

    private static long Read()
    {
        if (!File.Exists(Limits))
        {
            return long.MaxValue;
        }

        var line = File.ReadLines(Limits).FirstOrDefault(line => line.StartsWith(Line, StringComparison.Ordinal));
        var soft = line?[Line.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : long.MaxValue;
    }
}
