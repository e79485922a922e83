using System.Diagnostics.Metrics;
using System.Net;
using SocketRest.Cli.Management.Metrics;

namespace SocketRest.Cli.Tests.Management;

public sealed class MetricsTests : IDisposable
{
    private readonly Meter _meter = new("SocketRest.Test." + Guid.NewGuid().ToString("N"));
    private readonly MetricCollector _collector;

    public MetricsTests() => _collector = new(maxSeries: 4, meter => meter == _meter.Name);

    [Fact]
    public void Counters_and_gauges_are_named_and_escaped_as_Prometheus_wants_them()
    {
        Counter<long> sent = _meter.CreateCounter<long>("test.sent", "By", "What was sent.\nIn bytes, with a \\.");
        sent.Add(2, new("b.tag", "a \"quoted\"\\\nvalue"), new("a", 1));
        sent.Add(3, new("a", 1), new("b.tag", "a \"quoted\"\\\nvalue"));
        UpDownCounter<int> open = _meter.CreateUpDownCounter<int>("test.open", "{connection}");
        open.Add(5);
        open.Add(-3);

        string[] lines = Lines();

        Assert.Contains("# HELP test_sent_bytes_total What was sent.\\nIn bytes, with a \\\\.", lines);
        Assert.Contains("# TYPE test_sent_bytes_total counter", lines);
        Assert.Contains($"test_sent_bytes_total{{a=\"1\",b_tag=\"a \\\"quoted\\\"\\\\\\nvalue\",otel_scope_name=\"{_meter.Name}\"}} 5", lines);
        Assert.Contains("# TYPE test_open gauge", lines);
        Assert.Contains($"test_open{{otel_scope_name=\"{_meter.Name}\"}} 2", lines);
    }

    [Fact]
    public void Histograms_have_the_buckets_that_they_advise()
    {
        Histogram<double> duration = _meter.CreateHistogram("test.duration", "s", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 2] });
        duration.Record(0.5);
        duration.Record(1);
        duration.Record(10);

        string scope = $"otel_scope_name=\"{_meter.Name}\"";
        Assert.Equal(
            [
                "# TYPE test_duration_seconds histogram",
                $"test_duration_seconds_bucket{{{scope},le=\"0.5\"}} 1",
                $"test_duration_seconds_bucket{{{scope},le=\"2\"}} 2",
                $"test_duration_seconds_bucket{{{scope},le=\"+Inf\"}} 3",
                $"test_duration_seconds_sum{{{scope}}} 11.5",
                $"test_duration_seconds_count{{{scope}}} 3",
            ],
            Lines().Where(line => line.Contains("test_duration", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_an_instrument_no_longer_reports_is_gone()
    {
        string[] known = ["one", "two"];
        _meter.CreateObservableGauge("test.level", () => known.Select(one => new Measurement<double>(double.NaN, new KeyValuePair<string, object?>("of", one))));
        Assert.Equal(2, Lines().Count(line => line.StartsWith("test_level{", StringComparison.Ordinal) && line.EndsWith(" NaN", StringComparison.Ordinal)));

        known = ["two"];

        Assert.Contains("of=\"two\"", Assert.Single(Lines(), line => line.StartsWith("test_level{", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_number_of_series_is_bounded()
    {
        Counter<long> counter = _meter.CreateCounter<long>("test.many");
        for (int i = 0; i < 1000; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("i", i));
        }

        string[] lines = Lines();

        Assert.InRange(lines.Count(line => line.StartsWith("test_many", StringComparison.Ordinal)), 0, 4);
        Assert.Contains(lines, line => line.StartsWith("socketrest_hub_dropped_measurements_total ", StringComparison.Ordinal) && line.Split(' ')[1].Length >= 3);
    }

    [Fact]
    public async Task The_hub_says_what_it_has_to_do()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7");
        await hub.Client.GetStringAsync("/agents/kiln-7/hello").InTime();

        using HttpResponseMessage response = await hub.Client.GetAsync("/metrics").InTime();

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        string text = await response.Content.ReadAsStringAsync().InTime();
        Assert.Contains("\nsocketrest_hub_connections{otel_scope_name=\"SocketRest.Hub\",state=\"connected\"} ", text, StringComparison.Ordinal);
        Assert.Contains("\n# TYPE http_server_request_duration_seconds histogram\n", text, StringComparison.Ordinal);
        Assert.Contains("\n# TYPE dotnet_gc_collections_total counter\n", text, StringComparison.Ordinal);
        Assert.All(
            text.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.Matches("""^(# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .+|[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-z_A-Z][a-zA-Z0-9_]*="([^"\\]|\\.)*",?)*\})? (NaN|[+-]?Inf|[-+0-9.eE]+))$""", line));
    }

    [Fact]
    public async Task The_hub_lives_and_is_ready_until_it_stops()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        Assert.Equal("Healthy\n", await hub.Client.GetStringAsync("/healthz").InTime());
        Assert.Equal("Ready\n", await hub.Client.GetStringAsync("/readyz").InTime());
        using HttpResponseMessage held = await hub.Client.GetAsync("/_hub/api/events", HttpCompletionOption.ResponseHeadersRead).InTime();

        // Whoever still has a connection is told while the hub is on its way out.
        Task<HttpResponseMessage>? asked = null;
        using (hub.App.Lifetime.ApplicationStopping.Register(() => asked = hub.Client.GetAsync("/readyz")))
        {
            hub.App.Lifetime.StopApplication();
        }

        using HttpResponseMessage answer = await asked!.InTime();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }

    public void Dispose()
    {
        _collector.Dispose();
        _meter.Dispose();
    }

    private string[] Lines() => _collector.Read().Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
