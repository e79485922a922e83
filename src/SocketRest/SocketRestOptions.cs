using System.Text.Json.Nodes;

namespace SocketRest;

/// <summary>What both ends of a tunnel have in common. Read when a connection is made; later changes affect later connections.</summary>
public class SocketRestOptions
{
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(49);

    /// <summary>The name under which the other end finds this one, or <see langword="null"/> (the default) for none. From 1 to 256 characters.</summary>
    public string? Name { get; set; }

    /// <summary>
    /// Tells processes of one name apart: a new connection with the same name and instance replaces the old one. Default: random, so
    /// that each options object is an instance of its own.
    /// </summary>
    public string Instance { get; set; } = Guid.NewGuid().ToString("N");

    /// <summary>What this side says of itself to the other: any JSON object, or <see langword="null"/> (the default). Not for secrets.</summary>
    public JsonObject? Metadata { get; set; }

    /// <summary>Requests that the other end may have running here at once. Default 256; at least 1. More are held back by the other end.</summary>
    public int MaxConcurrentStreams { get; set; } = 256;

    /// <summary>
    /// Bytes of one body that the other end may send ahead of the application that reads it. Default 65,536; at least 1,024. A connection can
    /// pin this times the streams open in both directions.
    /// </summary>
    public int InitialStreamWindow { get; set; } = 64 * 1024;

    /// <summary>Largest header list accepted from the other end, in bytes as RFC 7541 section 4.1 counts them. Default 32,768; at least 1,024.</summary>
    public int MaxHeaderListSize { get; set; } = 32 * 1024;

    /// <summary>Most fields in one header list. Default 200; at least 10.</summary>
    public int MaxHeaderCount { get; set; } = 200;

    /// <summary>Memory for decoding repeated header fields, in bytes. Default 4,096; from 0 to 1,048,576 (RFC 7541 section 4).</summary>
    public int HeaderTableSize { get; set; } = 4096;

    /// <summary>Calls of this side that may wait for one of the other end's streams. Default 10,000. One more fails at once and was not sent.</summary>
    public int MaxWaitingRequests { get; set; } = 10_000;

    /// <summary>How long such a call waits before it fails, not sent. Default 100 seconds.</summary>
    public TimeSpan RequestWaitTimeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>How long the handshake may take once the WebSocket is open. Default 15 seconds.</summary>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The clock. Replaced in tests.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    internal virtual void Validate()
    {
        Check(Name is not { Length: 0 or > 256 }, nameof(Name), "from 1 to 256 characters, or null");
        Check(Instance is { Length: > 0 and <= 256 }, nameof(Instance), "from 1 to 256 characters");
        Check(MaxConcurrentStreams >= 1, nameof(MaxConcurrentStreams), "at least 1");
        Check(InitialStreamWindow >= 1024, nameof(InitialStreamWindow), "at least 1,024");
        Check(MaxHeaderListSize >= 1024, nameof(MaxHeaderListSize), "at least 1,024");
        Check(MaxHeaderCount >= 10, nameof(MaxHeaderCount), "at least 10");
        Check(HeaderTableSize is >= 0 and <= 1024 * 1024, nameof(HeaderTableSize), "from 0 to 1,048,576");
        Check(MaxWaitingRequests >= 0, nameof(MaxWaitingRequests), "at least 0");
        CheckLimit(RequestWaitTimeout, nameof(RequestWaitTimeout));
        CheckLimit(HandshakeTimeout, nameof(HandshakeTimeout));
        Check(TimeProvider is not null, nameof(TimeProvider), "a clock");
    }

    /// <summary>A time limit, or none. More than a timer can count would fail where the limit is used.</summary>
    private protected static void CheckLimit(TimeSpan limit, string name) =>
        Check(limit > TimeSpan.Zero && limit <= s_longest || limit == Timeout.InfiniteTimeSpan, name, "positive and at most 49 days, or Timeout.InfiniteTimeSpan");

    private protected static void Check(bool valid, string name, string rule)
    {
        if (!valid)
        {
            throw new ArgumentException($"The option {name} must be {rule}.", name);
        }
    }
}
