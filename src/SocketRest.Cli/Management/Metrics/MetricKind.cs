namespace SocketRest.Cli.Management.Metrics;

/// <summary>How measurements become a number.</summary>
internal enum MetricKind
{
    /// <summary>They are added up, and only rise.</summary>
    Counter,

    /// <summary>They are added up.</summary>
    UpDownCounter,

    /// <summary>The last one counts.</summary>
    Gauge,

    /// <summary>They are counted by size.</summary>
    Histogram,

    /// <summary>Asked for with each reading: a sum that only rises.</summary>
    ObservedCounter,

    /// <summary>Asked for with each reading.</summary>
    ObservedGauge,
}
