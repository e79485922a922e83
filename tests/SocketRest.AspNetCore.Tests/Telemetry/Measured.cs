using System.Diagnostics.Metrics;

namespace SocketRest.AspNetCore.Tests.Telemetry;

/// <summary>One measurement.</summary>
internal sealed record Measured(Instrument Instrument, double Value, IReadOnlyDictionary<string, object?> Tags)
{
    public string Text => $"{Instrument.Meter.Name} {Instrument.Name} {string.Join(' ', Tags.OrderBy(tag => tag.Key).Select(tag => $"{tag.Key}={tag.Value}:{tag.Value?.GetType().Name}"))}";
}
