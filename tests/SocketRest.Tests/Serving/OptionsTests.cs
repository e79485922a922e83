using System.Text.Json.Nodes;

namespace SocketRest.Tests.Serving;

/// <summary>An option out of its range is named when the client is made, not when the first call fails.</summary>
public sealed class OptionsTests
{
    public static TheoryData<string, Action<SocketRestClientOptions>> OutOfRange => new()
    {
        { "Uri", options => options.Uri = null },
        { "Uri", options => options.Uri = new Uri("/tunnel", UriKind.Relative) },
        { "Uri", options => options.Uri = new Uri("ftp://hub/tunnel") },
        { "Name", options => options.Name = "" },
        { "Name", options => options.Name = new string('n', 257) },
        { "Instance", options => options.Instance = "" },
        { "Instance", options => options.Instance = null! },
        { "Instance", options => options.Instance = new string('i', 257) },
        { "MaxConcurrentStreams", options => options.MaxConcurrentStreams = 0 },
        { "InitialStreamWindow", options => options.InitialStreamWindow = 1023 },
        { "MaxHeaderListSize", options => options.MaxHeaderListSize = 1023 },
        { "MaxHeaderCount", options => options.MaxHeaderCount = 9 },
        { "MaxResetsPerSecond", options => options.MaxResetsPerSecond = options.MaxConcurrentStreams - 1 },
        { "MaxOverheadFramesPerSecond", options => options.MaxOverheadFramesPerSecond = 99 },
        { "MaxQueuedControlFrames", options => options.MaxQueuedControlFrames = 1023 },
        { "MaxUnansweredPings", options => options.MaxUnansweredPings = 0 },
        { "MaxStreamWindow", options => options.MaxStreamWindow = options.InitialStreamWindow - 1 },
        { "MaxStreamWindow", options => options.MaxStreamWindow = (1 << 30) + 1 },
        { "WindowBudget", options => options.WindowBudget = -1 },
        { "HeaderTableSize", options => options.HeaderTableSize = -1 },
        { "HeaderTableSize", options => options.HeaderTableSize = (1024 * 1024) + 1 },
        { "MaxWaitingRequests", options => options.MaxWaitingRequests = -1 },
        { "RequestWaitTimeout", options => options.RequestWaitTimeout = TimeSpan.Zero },
        { "RequestWaitTimeout", options => options.RequestWaitTimeout = TimeSpan.FromDays(50) },
        { "HandshakeTimeout", options => options.HandshakeTimeout = TimeSpan.FromSeconds(-2) },
        { "HandshakeTimeout", options => options.HandshakeTimeout = TimeSpan.MaxValue },
        { "HeartbeatInterval", options => options.HeartbeatInterval = TimeSpan.Zero },
        { "HeartbeatInterval", options => options.HeartbeatInterval = TimeSpan.FromDays(50) },
        { "HeartbeatTimeout", options => options.HeartbeatTimeout = TimeSpan.Zero },
        { "HeartbeatTimeout", options => options.HeartbeatTimeout = TimeSpan.FromDays(50) },
        { "IdleTimeout", options => options.IdleTimeout = TimeSpan.FromMilliseconds(9) },
        { "IdleTimeout", options => options.IdleTimeout = TimeSpan.FromDays(50) },
        { "ConnectTimeout", options => options.ConnectTimeout = TimeSpan.Zero },
        { "ConnectTimeout", options => options.ConnectTimeout = TimeSpan.MaxValue },
        { "MaxReconnectDelay", options => options.MaxReconnectDelay = TimeSpan.Zero },
        { "MaxReconnectDelay", options => options.MaxReconnectDelay = TimeSpan.FromDays(50) },
        { "TimeProvider", options => options.TimeProvider = null! },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void Option_out_of_range_is_named(string name, Action<SocketRestClientOptions> set)
    {
        var options = new SocketRestClientOptions { Uri = new Uri("ws://hub/tunnel") };
        set(options);

        var exception = Assert.Throws<ArgumentException>(() => new SocketRestClient(options));

        Assert.Equal(name, exception.ParamName);
        Assert.Contains($"The option {name} must be", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_at_their_limits_connect()
    {
        await using var listener = new InMemoryListener((_, _) => Task.FromResult(new HttpResponseMessage()));
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(listener.Options(options =>
        {
            options.Name = new string('n', 256);
            options.Instance = new string('i', 256);
            options.Metadata = new JsonObject { ["text"] = new string('t', 60_000) };
            options.MaxConcurrentStreams = int.MaxValue;
            options.InitialStreamWindow = 1 << 30;
            options.MaxStreamWindow = 1 << 30;
            options.MaxHeaderListSize = int.MaxValue;
            options.MaxHeaderCount = int.MaxValue;
            options.MaxResetsPerSecond = int.MaxValue;
            options.MaxOverheadFramesPerSecond = int.MaxValue;
            options.MaxQueuedControlFrames = int.MaxValue;
            options.MaxUnansweredPings = int.MaxValue;
            options.HeaderTableSize = 1024 * 1024;
            options.MaxWaitingRequests = 0;
            options.RequestWaitTimeout = Timeout.InfiniteTimeSpan;
            options.HandshakeTimeout = Timeout.InfiniteTimeSpan;
            options.ConnectTimeout = Timeout.InfiniteTimeSpan;
            options.HeartbeatInterval = TimeSpan.FromDays(49);
            options.HeartbeatTimeout = Timeout.InfiniteTimeSpan;
            options.IdleTimeout = TimeSpan.FromDays(49);
        })).InTime();
        using var client = new HttpClient(tunnel.CreateHandler());

        using HttpResponseMessage response = await client.GetAsync("http://hub/").InTime();

        Assert.True(response.IsSuccessStatusCode);
        Assert.Equal(60_000, (await listener.NextAsync()).Metadata.GetProperty("text").GetString()!.Length);
    }

    [Fact]
    public async Task Metadata_that_does_not_fit_into_the_handshake_is_refused_with_the_limit()
    {
        await using var listener = new InMemoryListener();

        SocketRestException exception = await Assert.ThrowsAsync<SocketRestException>(() => SocketRestClient.ConnectAsync(
            listener.Options(options => options.Metadata = new JsonObject { ["text"] = new string('t', 70_000) })).InTime());

        Assert.Equal(SocketRestErrorCode.InvalidRequest, exception.ErrorCode);
        Assert.Contains("65535", exception.Message, StringComparison.Ordinal);
    }
}
