using System.Text.Json.Nodes;

namespace SocketRest;

/// <summary>What both ends of a tunnel have in common. Read when a connection is made; later changes affect later connections.</summary>
public class SocketRestOptions
{
    /// <summary>
    /// What this side says of itself to the other: any JSON object, or <see langword="null"/> (the default). The whole first message of the handshake, in
    /// which it travels, takes at most 65,535 bytes and 16 levels. Not for secrets.
    /// </summary>
    public JsonObject? Metadata { get; set; }

    /// <summary>
    /// Requests that the other end may have running here at once. Default 256; at least 1. The other end holds back what is more. Requests that it reset
    /// and that the application has not left yet are apart: with them it is twice as many before new ones are refused.
    /// </summary>
    public int MaxConcurrentStreams { get; set; } = 256;

    /// <summary>
    /// Bytes of one body that the other end may send ahead of the application that reads it. Default 65,536; from 1,024 to
    /// <see cref="MaxStreamWindow"/>. A connection can pin this times the streams open in both directions. What an application has looked at
    /// counts as read, though it may consume it only later: a value that is larger than any window arrives.
    /// </summary>
    public int InitialStreamWindow { get; set; } = 64 * 1024;

    /// <summary>
    /// The window of one body doubles, as far as <see cref="WindowBudget"/> goes, while its reader keeps up and it is smaller than this, in bytes;
    /// beyond 524,288 only where a round trip takes five milliseconds or more. Default 4,194,304; from <see cref="InitialStreamWindow"/> to 1,073,741,824. Equal to that, no window grows.
    /// </summary>
    public int MaxStreamWindow { get; set; } = 4 * 1024 * 1024;

    /// <summary>
    /// What all bodies of one connection may together be granted beyond their initial windows, in bytes. Default 8,388,608; at least 0. With it
    /// the bodies that arrive on a connection pin at most <c>InitialStreamWindow x open streams + WindowBudget</c>. A response that has arrived whole
    /// is no open stream any more: what its caller does not read is the caller's to bound.
    /// </summary>
    public int WindowBudget { get; set; } = 8 * 1024 * 1024;

    /// <summary>
    /// Largest header list accepted from the other end, in bytes as RFC 7541 section 4.1 counts them: name, value and 32 for each field. Default
    /// 32,768; at least 1,024. A larger one ends its exchange (<see cref="SocketRestErrorCode.HeadersTooLarge"/>). It bounds the responses of this side's own
    /// requests as well, for which <see cref="SocketsHttpHandler"/> takes 64 KiB.
    /// </summary>
    public int MaxHeaderListSize { get; set; } = 32 * 1024;

    /// <summary>Most fields in one header list accepted from the other end, pseudo-headers included. Default 200; at least 10.</summary>
    public int MaxHeaderCount { get; set; } = 200;

    /// <summary>
    /// Requests of the other end that may be reset before their answer has begun, in any second: by itself, or by this side because they are malformed or
    /// too many. Default <see langword="null"/>: twice <see cref="MaxConcurrentStreams"/>; at least as many, so that callers who all give up at once are borne. More ends the connection
    /// (<see cref="SocketRestErrorCode.EnhanceYourCalm"/>), unless at least half of what it opened meanwhile was left to finish. The other end is told, and makes new
    /// calls wait rather than come to that.
    /// </summary>
    public int? MaxResetsPerSecond { get; set; }

    /// <summary>
    /// Frames a second that the other end may send for nothing: DATA without a byte, interim answers, unknown types, answers to no PING, and apart from these WINDOW and ACK beyond
    /// what this side has sent calls for. A GOAWAY or REAUTHENTICATE counts as a tenth of all. Default 10,000; at least 100. More ends the connection
    /// (<see cref="SocketRestErrorCode.EnhanceYourCalm"/>).
    /// </summary>
    public int MaxOverheadFramesPerSecond { get; set; } = 10_000;

    /// <summary>
    /// Small frames (RESET, WINDOW, ACK, answers to PING) that may wait here because the other end causes them and does not read them; the answers among them with
    /// 16 bytes of data for each of these on average. Default 16,384; at least 1,024, and several for each stream that may be open. More ends the connection
    /// (<see cref="SocketRestErrorCode.EnhanceYourCalm"/>).
    /// </summary>
    public int MaxQueuedControlFrames { get; set; } = 16_384;

    /// <summary>
    /// PINGs of this side that may wait for their answers, those of the heartbeat included. Default 64; at least 1. With one more
    /// <see cref="SocketRestConnection.PingAsync"/> fails (<see cref="SocketRestErrorCode.EnhanceYourCalm"/>), and the connection goes on.
    /// </summary>
    public int MaxUnansweredPings { get; set; } = 64;

    /// <summary>Memory for decoding repeated header fields, in bytes. Default 4,096; from 0 to 1,048,576 (RFC 7541 section 4).</summary>
    public int HeaderTableSize { get; set; } = 4096;

    /// <summary>
    /// Calls of this side that may wait while as many run as the other end allows. Default 10,000; at least 0. One more fails at once
    /// (<see cref="SocketRestErrorCode.StreamLimit"/>) and was not sent.
    /// </summary>
    public int MaxWaitingRequests { get; set; } = 10_000;

    /// <summary>
    /// How long such a call waits before it fails (<see cref="SocketRestErrorCode.StreamLimit"/>), not sent. Default 100 seconds; positive and at most
    /// 49 days, or <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </summary>
    public TimeSpan RequestWaitTimeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>
    /// How long the handshake may take once the WebSocket is open, and how long this side may take to decide about new credentials. Default 15 seconds; positive and at most 49 days, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </summary>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// After how long without a byte from the other end this one sends a PING, and after how long without a byte of its own while the other end sends.
    /// Default 15 seconds; positive and at most 49 days, or <see cref="Timeout.InfiniteTimeSpan"/> for no heartbeat: then an other end that has vanished is
    /// noticed when TCP gives up. Both ends should have similar times.
    /// </summary>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long after that PING the connection ends (<see cref="SocketRestErrorCode.HeartbeatTimeout"/>) when nothing at all has arrived; any byte is a sign
    /// of life. Default 15 seconds; positive and at most 49 days, or <see cref="Timeout.InfiniteTimeSpan"/> for PINGs alone.
    /// </summary>
    public TimeSpan HeartbeatTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a connection outlives its socket: within this time the dialling side opens another, and everything that runs goes on as if nothing had happened.
    /// Default 30 seconds; from 0, which switches it off, to 49 days. The shorter of both ends' times counts. When it is over the connection has ended
    /// (<see cref="SocketRestErrorCode.ConnectionLost"/>, or what the socket was lost for).
    /// </summary>
    public TimeSpan ResumeGrace { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Bytes sent that this side keeps until the other end has acknowledged them, to send them again over another socket. Default 1,048,576; from 65,536 to
    /// 268,435,456. It bounds what may be under way: on a link with a round trip of 100 ms the default carries 10 MiB a second. Nothing is kept where
    /// <see cref="ResumeGrace"/> is 0 at either end.
    /// </summary>
    public int ReplayBuffer { get; set; } = 1024 * 1024;

    /// <summary>
    /// How long a connection may be without a request in either direction before it ends (<see cref="SocketRestErrorCode.IdleTimeout"/>), or up to an eighth
    /// longer; heartbeats do not count. It ends as by <see cref="SocketRestConnection.DrainAsync"/>, so that a request that comes at that moment is not lost. Default
    /// <see cref="Timeout.InfiniteTimeSpan"/>: never; otherwise at least 10 milliseconds and at most 49 days. A client that keeps its connection
    /// (<see cref="SocketRestClientOptions.KeepConnected"/>) dials again at once, any other with its next request.
    /// </summary>
    public TimeSpan IdleTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>The clock of time limits and of <see cref="SocketRestConnection.ConnectedAt"/>. Default <see cref="TimeProvider.System"/>; replaced in tests.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>What the framework's timers take.</summary>
    internal static TimeSpan LongestGrace => TimeSpan.FromDays(49);

    /// <summary>What the windows of all connections that have these options come out of, or null.</summary>
    internal virtual Multiplexing.WindowBudget? HostWindows => null;

    internal virtual void Validate()
    {
        Check(MaxConcurrentStreams >= 1, nameof(MaxConcurrentStreams), "at least 1");
        Check(InitialStreamWindow >= 1024, nameof(InitialStreamWindow), "at least 1,024");
        Check(MaxStreamWindow >= InitialStreamWindow && MaxStreamWindow <= 1 << 30, nameof(MaxStreamWindow), "at least InitialStreamWindow and at most 1,073,741,824");
        Check(WindowBudget >= 0, nameof(WindowBudget), "at least 0");
        Check(MaxHeaderListSize >= 1024, nameof(MaxHeaderListSize), "at least 1,024");
        Check(MaxHeaderCount >= 10, nameof(MaxHeaderCount), "at least 10");
        Check(MaxResetsPerSecond is null || MaxResetsPerSecond >= MaxConcurrentStreams, nameof(MaxResetsPerSecond), "at least MaxConcurrentStreams, or null");
        Check(MaxOverheadFramesPerSecond >= 100, nameof(MaxOverheadFramesPerSecond), "at least 100");
        Check(MaxQueuedControlFrames >= 1024, nameof(MaxQueuedControlFrames), "at least 1,024");
        Check(MaxUnansweredPings >= 1, nameof(MaxUnansweredPings), "at least 1");
        Check(HeaderTableSize is >= 0 and <= 1024 * 1024, nameof(HeaderTableSize), "from 0 to 1,048,576");
        Check(MaxWaitingRequests >= 0, nameof(MaxWaitingRequests), "at least 0");
        CheckTime(RequestWaitTimeout, nameof(RequestWaitTimeout));
        CheckTime(HandshakeTimeout, nameof(HandshakeTimeout));
        CheckTime(HeartbeatInterval, nameof(HeartbeatInterval));
        CheckTime(HeartbeatTimeout, nameof(HeartbeatTimeout));
        Check(ResumeGrace >= TimeSpan.Zero && ResumeGrace <= LongestGrace, nameof(ResumeGrace), "from 0 to 49 days");
        Check(ReplayBuffer is >= 64 * 1024 and <= 256 * 1024 * 1024, nameof(ReplayBuffer), "from 65,536 to 268,435,456");
        Check(
            IdleTimeout == Timeout.InfiniteTimeSpan || (IdleTimeout >= TimeSpan.FromMilliseconds(10) && IdleTimeout <= TimeSpan.FromDays(49)),
            nameof(IdleTimeout),
            "from 10 milliseconds to 49 days, or Timeout.InfiniteTimeSpan");
        Check(TimeProvider is not null, nameof(TimeProvider), "a clock");
    }

    /// <summary>What the framework's timers take: more would fail later, where the time is used.</summary>
    private protected static void CheckTime(TimeSpan value, string name, bool zeroAllowed = false) =>
        Check(
            value == Timeout.InfiniteTimeSpan || ((value > TimeSpan.Zero || (zeroAllowed && value == TimeSpan.Zero)) && value <= TimeSpan.FromDays(49)),
            name,
            zeroAllowed ? "from 0 to 49 days, or Timeout.InfiniteTimeSpan" : "positive and at most 49 days, or Timeout.InfiniteTimeSpan");

    private protected static void Check(bool valid, string name, string rule)
    {
        if (!valid)
        {
            throw new ArgumentException($"The option {name} must be {rule}.", name);
        }
    }
}
