using System.Diagnostics;
using System.Diagnostics.Metrics;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Telemetry;

/// <summary>Listens to every trace and every HTTP measurement of the process, and waits for those that a test expects.</summary>
internal sealed class Observer : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<Activity> _activities = [];
    private readonly List<Measured> _measurements = [];
    private readonly ActivityListener? _activityListener;
    private readonly MeterListener? _meterListener;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Observer(bool traces = true, bool metrics = true, string? source = null)
    {
        if (traces)
        {
            _activityListener = new ActivityListener
            {
                ShouldListenTo = one => source is null ? !one.Name.StartsWith("Experimental", StringComparison.Ordinal) : one.Name == source,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = activity => Add(_activities, activity),
            };
            ActivitySource.AddActivityListener(_activityListener);
        }

        if (metrics)
        {
            _meterListener = new MeterListener
            {
                InstrumentPublished = (instrument, listener) =>
                {
                    if (instrument.Name.StartsWith("http.", StringComparison.Ordinal))
                    {
                        listener.EnableMeasurementEvents(instrument);
                    }
                },
            };
            _meterListener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(_measurements, new Measured(instrument, value, Read(tags))));
            _meterListener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(_measurements, new Measured(instrument, value, Read(tags))));
            _meterListener.Start();
        }
    }

    public IReadOnlyList<Activity> Activities
    {
        get
        {
            lock (_lock)
            {
                return [.. _activities];
            }
        }
    }

    public IReadOnlyList<Measured> Measurements
    {
        get
        {
            lock (_lock)
            {
                return [.. _measurements];
            }
        }
    }

    /// <summary>The activities of a trace that have ended, once there are so many.</summary>
    public async Task<IReadOnlyList<Activity>> TraceAsync(ActivityTraceId trace, int count)
    {
        IReadOnlyList<Activity> found = [];
        await UntilAsync(() => (found = [.. Activities.Where(activity => activity.TraceId == trace)]).Count >= count);
        return found;
    }

    /// <summary>The measurements of an instrument that fit, once there are so many.</summary>
    public async Task<IReadOnlyList<Measured>> MeasuredAsync(string name, int count, Func<Measured, bool>? fits = null)
    {
        IReadOnlyList<Measured> found = [];
        await UntilAsync(() => (found = [.. Measurements.Where(one => one.Instrument.Name == name && (fits is null || fits(one)))]).Count >= count);
        return found;
    }

    public void Dispose()
    {
        _activityListener?.Dispose();
        _meterListener?.Dispose();
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        while (true)
        {
            Task changed = Volatile.Read(ref _changed).Task;
            if (condition())
            {
                return;
            }

            await changed.InTime();
        }
    }

    private void Add<T>(List<T> list, T item)
    {
        lock (_lock)
        {
            list.Add(item);
        }

        Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    private static Dictionary<string, object?> Read(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var read = new Dictionary<string, object?>();
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            // Throws for a name that is there twice, which breaks some collectors.
            read.Add(tag.Key, tag.Value);
        }

        return read;
    }
}
