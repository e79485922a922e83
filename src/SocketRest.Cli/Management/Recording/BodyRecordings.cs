using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using SocketRest.Cli.Management.Model;

namespace SocketRest.Cli.Management.Recording;

/// <summary>For which agents bodies are recorded. That ends by itself: bodies hold what people would rather not have kept.</summary>
internal sealed class BodyRecordings(IOptions<HubManagementOptions> options, TimeProvider time)
{
    private const int DefaultMaxBytes = 16 * 1024;

    private readonly ConcurrentDictionary<string, Model.Recording> _byAgent = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>How much of each body to keep: nothing, as a rule.</summary>
    public int MaxBytes(string agent) => !_byAgent.IsEmpty && Of(agent) is { Bodies: true } recording ? recording.MaxBytes!.Value : 0;

    public Model.Recording Of(string agent)
    {
        if (!_byAgent.TryGetValue(agent, out Model.Recording? recording))
        {
            return new Model.Recording { Bodies = false };
        }

        if (recording.Until > time.GetUtcNow())
        {
            return recording;
        }

        _byAgent.TryRemove(new KeyValuePair<string, Model.Recording>(agent, recording));
        return new Model.Recording { Bodies = false };
    }

    public Model.Recording Set(string agent, RecordingRequest request)
    {
        if (request.Bodies)
        {
            _byAgent[agent] = new Model.Recording
            {
                Bodies = true,
                MaxBytes = request.MaxBytes ?? Math.Min(DefaultMaxBytes, options.Value.MaxRecordedBody),
                Until = time.GetUtcNow() + options.Value.RecordingTime,
            };
        }
        else
        {
            _byAgent.TryRemove(agent, out _);
        }

        return Of(agent);
    }
}
