namespace SocketRest.Benchmarks.Measuring;

internal readonly record struct LoadResult(long Calls, TimeSpan Elapsed, TimeSpan Processor, long AllocatedBytes)
{
    public double CallsPerSecond => Calls / Elapsed.TotalSeconds;

    /// <summary>Microseconds of processor time, of the whole process: it says what a call costs even where others share the machine.</summary>
    public double ProcessorPerCall => Processor.TotalMicroseconds / Calls;

    public double AllocatedPerCall => (double)AllocatedBytes / Calls;
}
