using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;

namespace SocketRest.AspNetCore.Tests.Telemetry;

/// <summary>What log entries of a tunnelled request carry.</summary>
[Collection(Alone.Name)]
public sealed class ScopeTests
{
    [Fact]
    public async Task Entries_carry_request_connection_and_trace()
    {
        var log = new ScopeLog();
        await using TestHub hub = await TestHub.StartAsync(ObservedApplication.Map, build: builder =>
        {
            builder.Logging.AddProvider(log);
            builder.Logging.Configure(options => options.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.ParentId);
        });
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();

        using var request = new HttpRequestMessage(HttpMethod.Get, "/log?x=1")
        {
            Headers = { { "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" } },
        };
        using HttpResponseMessage response = await client.SendAsync(request).InTime();
        await client.GetStringAsync("/pets/1").InTime();

        IReadOnlyDictionary<string, object?> scope = Assert.Single(log.Entries, entry => entry.Text == "Petted.").Scope;
        string connection = tunnel.Connection!.Id;
        Assert.Equal("/log", scope["RequestPath"]);
        Assert.Equal(connection, scope["ConnectionId"]);
        Assert.StartsWith(connection + ":", (string?)scope["RequestId"], StringComparison.Ordinal);
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", scope["TraceId"]);
        Assert.Equal("b7ad6b7169203331", scope["ParentId"]);
    }

    [Fact]
    public async Task Beginning_and_end_are_logged_as_the_host_does()
    {
        var log = new ScopeLog();
        await using TestHub hub = await TestHub.StartAsync(ObservedApplication.Map, build: builder =>
        {
            builder.Logging.SetMinimumLevel(LogLevel.Information);
            builder.Logging.AddProvider(log);
        });
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient through = tunnel.CreateClient();
        using var direct = new HttpClient { BaseAddress = hub.Address };

        await direct.GetAsync("/nothing?x=1").InTime();
        await log.UnhandledAsync();
        using (var request = new HttpRequestMessage(HttpMethod.Get, new Uri(hub.Address, "/nothing?x=1")))
        {
            await through.SendAsync(request).InTime();
        }

        await log.UnhandledAsync();
        ScopeLog.Entry[] entries = [.. log.Entries.Where(entry => entry.Category == "Microsoft.AspNetCore.Hosting.Diagnostics" && entry.Text.Contains("/nothing", StringComparison.Ordinal))];
        string[][] both = [.. entries.GroupBy(entry => entry.Scope["ConnectionId"]).Select(group => group
            .Select(entry => $"{entry.Id} {string.Join(' ', entry.State.Keys.Order())}")
            .Order()
            .ToArray())];
        Assert.Equal(2, both.Length);
        Assert.Equal(3, both[0].Length);
        Assert.Equal(both[0], both[1]);
        Assert.Equal(
            entries.Where(entry => entry.Id == 1).Select(entry => entry.Text).First(),
            entries.Where(entry => entry.Id == 1).Select(entry => entry.Text).Last().Replace("HTTP/2", "HTTP/1.1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Entries_of_a_connection_and_of_forwarded_requests_carry_the_agent()
    {
        var log = new ScopeLog();
        await using TestHub hub = await TestHub.StartAsync(
            app => app.MapSocketRestForwarder("/agents/{agent}/{**path}"),
            build: builder =>
            {
                builder.Logging.SetMinimumLevel(LogLevel.Information);
                builder.Logging.AddProvider(log);
            });
        hub.ExpectsErrors = true;
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(hub.Tunnel, options => options.Name = "kiln-7").InTime();
        await hub.SideOfAsync(tunnel);
        using var direct = new HttpClient { BaseAddress = hub.Address };
        using HttpResponseMessage refused = await direct.GetAsync("/agents/kiln-7/pets").InTime();

        IReadOnlyDictionary<string, object?> established = Assert.Single(log.Entries, entry => entry.Text.Contains("established", StringComparison.Ordinal)).Scope;
        Assert.Equal(tunnel.Connection!.Id, established["ConnectionId"]);
        Assert.Equal("kiln-7", established["Agent"]);
        Assert.Equal("kiln-7", Assert.Single(log.Entries, entry => entry.Id == 201).Scope["Agent"]);
    }

    /// <summary>Keeps every entry with the scopes around it.</summary>
    private sealed class ScopeLog : ILoggerProvider, ISupportExternalScope
    {
        private readonly ConcurrentQueue<Entry> _entries = new();
        private readonly SemaphoreSlim _unhandled = new(0);
        private IExternalScopeProvider? _scopes;

        public IEnumerable<Entry> Entries => _entries;

        /// <summary>Waits for the last entry of a request that nothing answered.</summary>
        public async Task UnhandledAsync() => Assert.True(await _unhandled.WaitAsync(Patience.Limit));

        public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

        public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

        public void Dispose() => _unhandled.Dispose();

        private static Dictionary<string, object?> Read(object? state) =>
            state is IEnumerable<KeyValuePair<string, object?>> pairs ? new(pairs.Where(pair => pair.Key != "{OriginalFormat}")) : [];

        public sealed record Entry(
            string Category, int Id, string Text, IReadOnlyDictionary<string, object?> State, IReadOnlyDictionary<string, object?> Scope);

        private sealed class Logger(ScopeLog log, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => log._scopes?.Push(state);

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                var scope = new Dictionary<string, object?>();
                log._scopes?.ForEachScope(
                    static (one, all) =>
                    {
                        foreach ((string key, object? value) in Read(one))
                        {
                            all[key] = value;
                        }
                    },
                    scope);
                string text = formatter(state, exception);
                log._entries.Enqueue(new Entry(category, eventId.Id, text, Read(state), scope));
                if (eventId.Id == 16 && category == "Microsoft.AspNetCore.Hosting.Diagnostics")
                {
                    log._unhandled.Release();
                }
            }
        }
    }
}
