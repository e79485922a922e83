using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SocketRest.AspNetCore.Tests;

/// <summary>Options out of their range are named where they are set, not where a timer takes them.</summary>
public sealed class OptionsTests
{
    private static readonly TimeSpan s_tooLong = TimeSpan.FromDays(49) + TimeSpan.FromMilliseconds(1);

    public static TheoryData<string, SocketRestOptions> OutOfRange => new()
    {
        { nameof(SocketRestClientOptions.Name), Client(new SocketRestClientOptions { Name = "" }) },
        { nameof(SocketRestClientOptions.Name), Client(new SocketRestClientOptions { Name = "kiln\n7" }) },
        { nameof(SocketRestClientOptions.Instance), Client(new SocketRestClientOptions { Instance = new string('i', 257) }) },
        { nameof(SocketRestOptions.HandshakeTimeout), new SocketRestOptions { HandshakeTimeout = TimeSpan.Zero } },
        { nameof(SocketRestOptions.HandshakeTimeout), new SocketRestOptions { HandshakeTimeout = TimeSpan.MaxValue } },
        { nameof(SocketRestOptions.RequestWaitTimeout), new SocketRestOptions { RequestWaitTimeout = s_tooLong } },
        { nameof(SocketRestClientOptions.ConnectTimeout), Client(new SocketRestClientOptions { ConnectTimeout = s_tooLong }) },
        { nameof(SocketRestServerOptions.ShutdownTimeout), new SocketRestServerOptions { ShutdownTimeout = TimeSpan.FromSeconds(-1) } },
        { nameof(SocketRestServerOptions.MaxConnections), new SocketRestServerOptions { MaxConnections = 0 } },
        { nameof(SocketRestServerOptions.MaxConcurrentHandshakes), new SocketRestServerOptions { MaxConcurrentHandshakes = 0 } },
        { nameof(SocketRestServerOptions.MaxConnectionsPerSecond), new SocketRestServerOptions { MaxConnectionsPerSecond = 0 } },
        { nameof(SocketRestServerOptions.ConnectionBurst), new SocketRestServerOptions { ConnectionBurst = 0 } },
        { nameof(SocketRestServerOptions.HostWindowBudget), new SocketRestServerOptions { HostWindowBudget = 65_535 } },
        { nameof(SocketRestServerOptions.MaxMetadataSize), new SocketRestServerOptions { MaxMetadataSize = 65_536 } },
        { nameof(SocketRestServerOptions.MaxMetadataDepth), new SocketRestServerOptions { MaxMetadataDepth = 16 } },
        { nameof(SocketRestAgentOptions.ShutdownTimeout), Client(new SocketRestAgentOptions { ShutdownTimeout = s_tooLong }) },
        { nameof(SocketRestAgentOptions.MaxReconnectDelay), Client(new SocketRestAgentOptions { MaxReconnectDelay = TimeSpan.Zero }) },
        { nameof(SocketRestAgentOptions.MaxReconnectDelay), Client(new SocketRestAgentOptions { MaxReconnectDelay = Timeout.InfiniteTimeSpan }) },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void What_is_out_of_range_is_refused_by_name(string name, SocketRestOptions options) =>
        Assert.Equal(name, Assert.Throws<ArgumentException>(options.Validate).ParamName);

    [Fact]
    public void The_ends_of_the_ranges_are_taken()
    {
        Client(new SocketRestAgentOptions
        {
            Name = new string('n', 256),
            ConnectTimeout = TimeSpan.FromDays(49),
            HandshakeTimeout = Timeout.InfiniteTimeSpan,
            RequestWaitTimeout = Timeout.InfiniteTimeSpan,
            MaxReconnectDelay = TimeSpan.FromDays(49),
            ShutdownTimeout = TimeSpan.Zero,
        }).Validate();
        new SocketRestServerOptions
        {
            ShutdownTimeout = Timeout.InfiniteTimeSpan,
            MaxConnections = int.MaxValue,
            MaxConcurrentHandshakes = 1,
            MaxConnectionsPerSecond = int.MaxValue,
            ConnectionBurst = int.MaxValue,
            HostWindowBudget = 65_536,
            MaxMetadataSize = 65_535,
            MaxMetadataDepth = 15,
        }.Validate();
    }

    [Fact]
    public async Task A_negative_limit_of_bodies_keeps_the_host_from_starting()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        builder.Services.AddSocketRest();
        builder.Services.Configure<SocketRestServingOptions>(options => options.MaxRequestBodySize = -1);
        await using WebApplication app = builder.Build();

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => app.StartAsync());

        Assert.Contains(nameof(SocketRestServingOptions.MaxRequestBodySize), refused.Message, StringComparison.Ordinal);
    }

    private static T Client<T>(T options)
        where T : SocketRestClientOptions
    {
        options.Uri = new Uri("ws://hub.example/tunnel");
        return options;
    }
}
