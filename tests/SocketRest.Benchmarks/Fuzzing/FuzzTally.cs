using System.Globalization;

namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>Counts what the cases came to.</summary>
internal sealed class FuzzTally
{
    private const int MaxCode = 128;
    private const int MaxReports = 20;

    private readonly long[] _ends = new long[MaxCode];
    private readonly long[] _resets = new long[MaxCode];
    private long _cases;
    private long _established;
    private long _crashes;
    private long _hangs;
    private long _leaked;
    private int _reported;

    public long Cases => Volatile.Read(ref _cases);

    public long Established => Volatile.Read(ref _established);

    public bool Failed => _crashes + _hangs + _leaked > 0;

    /// <summary>A case is over.</summary>
    /// <param name="established">Whether it came past the handshake.</param>
    /// <param name="end">Why its connection ended, or its handshake failed.</param>
    public void NoteCase(bool established, SocketRestErrorCode end)
    {
        Interlocked.Increment(ref _cases);
        if (established)
        {
            Interlocked.Increment(ref _established);
        }

        Interlocked.Increment(ref _ends[Index(end)]);
    }

    /// <summary>The side under test reset a stream.</summary>
    public void NoteReset(SocketRestErrorCode code) => Interlocked.Increment(ref _resets[Index(code)]);

    public void NoteCrash(string what)
    {
        Interlocked.Increment(ref _crashes);
        Report($"CRASH {what}");
    }

    public void NoteHang(string what)
    {
        Interlocked.Increment(ref _hangs);
        Report($"HANG {what}");
    }

    public void NoteLeak(string what)
    {
        Interlocked.Increment(ref _leaked);
        Report($"LEAK {what}");
    }

    public void WriteCodes(TextWriter writer)
    {
        for (var code = 0; code < MaxCode; code++)
        {
            if (_ends[code] + _resets[code] > 0)
            {
                writer.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"CODE {(SocketRestErrorCode)code} connections {_ends[code]} streams {_resets[code]}"));
            }
        }
    }

    public string Summary(bool survivorsUnharmed) => string.Create(
        CultureInfo.InvariantCulture,
        $"FUZZ cases {Cases} crashes {_crashes} hangs {_hangs} leaked {_leaked} survivors-unharmed {(survivorsUnharmed ? "yes" : "no")}");

    private static int Index(SocketRestErrorCode code) => Math.Clamp((int)code, 0, MaxCode - 1);

    private void Report(string line)
    {
        // The first few tell it all, and a defect that every case meets must not drown them.
        if (Interlocked.Increment(ref _reported) <= MaxReports)
        {
            Console.WriteLine(line);
        }
    }
}
