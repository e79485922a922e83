using System.Globalization;

namespace SocketRest.Benchmarks.Soaking;

/// <summary>What became of the calls of both ends.</summary>
internal sealed class SoakTally
{
    private const int MostReports = 20;

    private readonly SeenCalls[] _seen = [new(), new()];
    private long _calls;
    private long _cancelled;
    private long _failed;
    private long _corrupted;
    private long _duplicated;
    private long _resumes;
    private int _reports;

    public long Calls => Volatile.Read(ref _calls);

    public long Resumes => Volatile.Read(ref _resumes);

    public bool IsClean => Volatile.Read(ref _failed) + Volatile.Read(ref _corrupted) + Volatile.Read(ref _duplicated) == 0;

    public void NoteCall() => Interlocked.Increment(ref _calls);

    public void NoteCancelled() => Interlocked.Increment(ref _cancelled);

    public void NoteResume() => Interlocked.Increment(ref _resumes);

    public void NoteFailed(string what)
    {
        Interlocked.Increment(ref _failed);
        Report("FAILED", what);
    }

    public void NoteCorrupted(string what)
    {
        Interlocked.Increment(ref _corrupted);
        Report("CORRUPTED", what);
    }

    /// <summary>Called by the application that serves a call.</summary>
    public void NoteArrived(SoakEnd caller, int call)
    {
        if (!_seen[(int)caller].TryAdd(call))
        {
            Interlocked.Increment(ref _duplicated);
            Report("DUPLICATED", string.Create(CultureInfo.InvariantCulture, $"call {call} of the {caller}"));
        }
    }

    public string Summary(int cuts, int leakedStreams) => string.Create(
        CultureInfo.InvariantCulture,
        $"SOAK calls {Calls} failed {_failed} corrupted {_corrupted} duplicated {_duplicated} cuts {cuts} resumes {Resumes} leaked-streams {leakedStreams}");

    public string Mix => string.Create(CultureInfo.InvariantCulture, $"{Calls} calls, {_cancelled} of them cancelled on the way");

    private void Report(string kind, string what)
    {
        if (Interlocked.Increment(ref _reports) <= MostReports)
        {
            Console.WriteLine($"{kind} {what}");
        }
    }
}
