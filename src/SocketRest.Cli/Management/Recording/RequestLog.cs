using Microsoft.Extensions.Options;
using SocketRest.AspNetCore;
using SocketRest.Cli.Management.Model;

namespace SocketRest.Cli.Management.Recording;

/// <summary>The recent requests to agents, so many for each name and so many bytes for all.</summary>
internal sealed class RequestLog(IOptions<HubManagementOptions> options, SocketRestConnectionRegistry registry)
{
    private readonly HubManagementOptions _options = options.Value;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Queue<Entry>> _byAgent = new(StringComparer.OrdinalIgnoreCase);
    private readonly LinkedList<Entry> _byAge = new();
    private long _bytes;
    private long _finished;
    private int _running;

    /// <summary>Requests that have finished since the hub started.</summary>
    public long Finished => Interlocked.Read(ref _finished);

    /// <summary>Requests that are under way.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>What all requests that are remembered take up, in bytes.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _bytes;
            }
        }
    }

    public void Begin() => Interlocked.Increment(ref _running);

    /// <summary>Counts a request that has finished, and returns its number.</summary>
    public long End()
    {
        Interlocked.Decrement(ref _running);
        return Interlocked.Increment(ref _finished);
    }

    /// <summary>Remembers a request, and forgets the oldest where there are too many. A name that no agent has is not remembered: anybody can make one up.</summary>
    public void Add(RecordedRequest request, int bytes)
    {
        if (!TryAdd(request, bytes, isKnown: false) && registry.FindByName(request.Agent).Count > 0)
        {
            TryAdd(request, bytes, isKnown: true);
        }
    }

    public bool Knows(string agent)
    {
        lock (_lock)
        {
            return _byAgent.ContainsKey(agent);
        }
    }

    public IReadOnlyList<RecordedRequest> Newest(string agent)
    {
        lock (_lock)
        {
            return _byAgent.TryGetValue(agent, out Queue<Entry>? ring) ? [.. ring.Reverse().Select(entry => entry.Request)] : [];
        }
    }

    private bool TryAdd(RecordedRequest request, int bytes, bool isKnown)
    {
        lock (_lock)
        {
            if (!_byAgent.TryGetValue(request.Agent, out Queue<Entry>? ring))
            {
                if (!isKnown)
                {
                    return false;
                }

                _byAgent[request.Agent] = ring = new Queue<Entry>();
            }

            var entry = new Entry(request, bytes);
            entry.Node = _byAge.AddLast(entry);
            ring.Enqueue(entry);
            _bytes += bytes;
            if (ring.Count > _options.RequestsPerAgent)
            {
                ForgetLocked(ring);
            }

            // Both are in the order in which the requests were added: the oldest of all is the oldest of its name.
            while (_bytes > _options.RequestMemory && _byAge.First is { } oldest)
            {
                ForgetLocked(_byAgent[oldest.Value.Request.Agent]);
            }

            return true;
        }
    }

    private void ForgetLocked(Queue<Entry> ring)
    {
        Entry oldest = ring.Dequeue();
        _byAge.Remove(oldest.Node!);
        _bytes -= oldest.Bytes;
        if (ring.Count == 0)
        {
            _byAgent.Remove(oldest.Request.Agent);
        }
    }

    private sealed record Entry(RecordedRequest Request, int Bytes)
    {
        public LinkedListNode<Entry>? Node { get; set; }
    }
}
