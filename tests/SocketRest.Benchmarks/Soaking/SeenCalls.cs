using System.Collections;

namespace SocketRest.Benchmarks.Soaking;

/// <summary>Which calls have reached an application, one bit for each: hours of them change no heap.</summary>
internal sealed class SeenCalls
{
    private readonly Lock _lock = new();
    private readonly BitArray _seen = new(1 << 20);

    /// <summary>False if the call was here before.</summary>
    public bool TryAdd(int call)
    {
        lock (_lock)
        {
            if (call >= _seen.Length)
            {
                _seen.Length = Math.Max(call + 1, _seen.Length * 2);
            }

            if (_seen[call])
            {
                return false;
            }

            return _seen[call] = true;
        }
    }
}
