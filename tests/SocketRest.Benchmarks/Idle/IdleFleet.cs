namespace SocketRest.Benchmarks.Idle;

/// <summary>A hub with many connections of one kind, and what each of them costs it.</summary>
internal sealed class IdleFleet(HubProcess hub, Func<Task<IIdleLink>> connect) : IDisposable
{
    private const int BytesCarried = 1024 * 1024;

    /// <summary>Connections that dial, or carry something, at the same time: few, so that what they need meanwhile is not mistaken for what stays.</summary>
    private const int AtOnce = 16;

    /// <summary>More than the calls after which the runtime compiles a method for good, twice.</summary>
    private const int WarmUps = 100;

    private readonly List<IIdleLink> _links = [];
    private MemoryUse _full;

    /// <summary>For each connection, while nothing but its handshake has passed.</summary>
    public MemoryUse Idle { get; private set; }

    /// <summary>For each connection, a while after it has carried something.</summary>
    public MemoryUse AfterTraffic { get; private set; }

    /// <summary>
    /// Opens the connections and measures what the second half of them costs: what the process needs once, for the first few, has been there
    /// before.
    /// </summary>
    public async Task OpenAsync(int connections)
    {
        await DialAsync(connections / 2);

        // The code that carries and measures is in the memory from here on as well, in the form that it has after many calls.
        for (var i = 0; i < WarmUps; i++)
        {
            await _links[0].CarryAsync(BytesCarried);
        }

        await hub.MeasureAsync();
        var half = await hub.MeasureAsync();
        var before = _links.Count;
        await DialAsync(connections - before);
        _full = await hub.MeasureAsync();
        Idle = new MemoryUse((_full.Private - half.Private) / (_links.Count - before), (_full.Managed - half.Managed) / (_links.Count - before));
    }

    public Task CarryAsync() =>
        Parallel.ForEachAsync(_links, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (link, _) => await link.CarryAsync(BytesCarried));

    public async Task MeasureAfterTrafficAsync()
    {
        // What pools keep for whoever comes next they give up step by step, with full collections.
        await hub.MeasureAsync();
        var now = await hub.MeasureAsync();
        AfterTraffic = new MemoryUse(Idle.Private + ((now.Private - _full.Private) / _links.Count), Idle.Managed + ((now.Managed - _full.Managed) / _links.Count));
    }

    public void Dispose() => hub.Dispose();

    private async Task DialAsync(int connections)
    {
        for (var left = connections; left > 0; left -= AtOnce)
        {
            _links.AddRange(await Task.WhenAll(Enumerable.Range(0, Math.Min(AtOnce, left)).Select(_ => connect())));
        }
    }
}
