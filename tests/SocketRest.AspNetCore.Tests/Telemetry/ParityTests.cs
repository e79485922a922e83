using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;

namespace SocketRest.AspNetCore.Tests.Telemetry;

/// <summary>The same requests over SocketsHttpHandler and Kestrel, and through a tunnel: who observes them sees the same.</summary>
[Collection(Alone.Name)]
public sealed class ParityTests
{
    [Theory]
    [InlineData("GET", "/pets/1?secret=1")]
    [InlineData("POST", "/pets/1")]
    [InlineData("BREW", "/pets/1")]
    [InlineData("GET", "/nothing")]
    [InlineData("GET", "/boom")]
    [InlineData("GET", "/busy")]
    [InlineData("GET", "/moved")]
    [InlineData("GET", "/tagged")]
    public async Task Server_is_measured_as_Kestrel_is(string method, string target)
    {
        using var observer = new Observer();
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await hub.DialAsync();

        string[] direct = await ServedAsync(observer, hub, new SocketsHttpHandler { AllowAutoRedirect = false }, method, target);
        SocketRestHandler handler = tunnel.CreateHandler();
        handler.AllowAutoRedirect = false;
        string[] tunnelled = await ServedAsync(observer, hub, handler, method, target);

        Assert.Equal(direct, tunnelled.Select(text => text.Replace("version=2", "version=1.1", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("GET", "/pets/1?secret=1")]
    [InlineData("GET", "/pets/1?")]
    [InlineData("GET", "/pets/1#part?x")]
    [InlineData("GET", "/pets/1?a#part?x")]
    [InlineData("GET", "/pets/ä b%20?ö")]
    [InlineData("POST", "/pets/1")]
    [InlineData("BREW", "/pets/1")]
    [InlineData("get", "/pets/1")]
    [InlineData("GET", "/nothing")]
    [InlineData("GET", "/boom")]
    public async Task Client_is_observed_as_SocketsHttpHandler_is(string method, string target)
    {
        using var observer = new Observer();
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await hub.DialAsync();

        string[] direct = await SentAsync(observer, hub, new SocketsHttpHandler(), method, target, "System.Net.Http");
        string[] tunnelled = await SentAsync(observer, hub, tunnel.CreateHandler(), method, target, "SocketRest");

        Assert.Equal(direct, tunnelled.Select(text => text.Replace("version=2", "version=1.1", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("http://user:password@host.example/a?b")]
    [InlineData("http://user:pass%40word@host.example:8080/a")]
    [InlineData("https://user@[::1]/")]
    [InlineData("http://host.example/a@b?c@d#e@f")]
    [InlineData("http://xn--bcher-kva.example/")]
    public async Task Address_is_redacted_as_SocketsHttpHandler_does(string address)
    {
        using var observer = new Observer(metrics: false);
        using var caller = new Activity("caller").Start();
        using var direct = new HttpMessageInvoker(new SocketsHttpHandler { ConnectCallback = (_, _) => throw new IOException("not wanted") });
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => direct.SendAsync(request, CancellationToken.None).InTime());

        Activity sent = Assert.Single(await observer.TraceAsync(caller.TraceId, 1), activity => activity.Source.Name == "System.Net.Http");
        Assert.Equal(sent.GetTagItem("url.full"), Diagnostics.UriRedaction.Redact(new Uri(address)));
    }

    [Fact]
    public async Task Instruments_are_the_hosts_own()
    {
        using var observer = new Observer(traces: false);
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await hub.DialAsync();
        using var direct = new HttpClient { BaseAddress = hub.Address };
        using HttpClient through = tunnel.CreateClient();
        await direct.GetStringAsync("/pets/1").InTime();
        await through.GetStringAsync("/pets/1").InTime();

        foreach (string name in new[] { "http.server.request.duration", "http.server.active_requests" })
        {
            IReadOnlyList<Measured> both = await observer.MeasuredAsync(name, 2, Of(hub));
            Assert.Single(both.Select(one => one.Instrument).Distinct());
        }
    }

    [Theory]
    [InlineData("/quiet")]
    [InlineData("/silenced")]
    public async Task Disabled_metrics_are_not_recorded(string path)
    {
        using var observer = new Observer(traces: false);
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();

        await client.GetStringAsync(path).InTime();
        await client.GetStringAsync("/pets/1").InTime();

        Measured only = Assert.Single(await observer.MeasuredAsync("http.server.request.duration", 1, Of(hub)));
        Assert.Equal("/pets/{id}", only.Tags["http.route"]);
    }

    [Fact]
    public async Task Upgrade_request_is_not_measured()
    {
        using var observer = new Observer(traces: false);
        await using (TestHub hub = await StartAsync())
        {
            await using (SocketRestClient tunnel = await hub.DialAsync())
            {
                using HttpClient client = tunnel.CreateClient();
                await client.GetStringAsync("/pets/1").InTime();
            }

            // Up and down again for the upgrade and for the request: the upgrade is over.
            await observer.MeasuredAsync("http.server.active_requests", 4, Of(hub));
        }

        Assert.DoesNotContain(
            observer.Measurements,
            one => one.Instrument.Name == "http.server.request.duration" && one.Tags.TryGetValue("http.route", out object? route) && "/tunnel".Equals(route));
    }

    private static Task<TestHub> StartAsync() => Expecting(TestHub.StartAsync(ObservedApplication.Map));

    private static async Task<TestHub> Expecting(Task<TestHub> starting)
    {
        TestHub hub = await starting;
        hub.ExpectsErrors = true;
        return hub;
    }

    private static Func<Measured, bool> Of(TestHub hub)
    {
        object? factory = hub.App.Services.GetService(typeof(IMeterFactory));
        return measured => ReferenceEquals(measured.Instrument.Meter.Scope, factory);
    }

    private static async Task<string[]> ServedAsync(Observer observer, TestHub hub, HttpMessageHandler handler, string method, string target)
    {
        Func<Measured, bool> ofHub = Of(hub);
        int before = observer.Measurements.Count(one => ofHub(one) && one.Instrument.Name == "http.server.request.duration");
        using Activity caller = new Activity("caller").Start();
        await SendAsync(hub, handler, method, target);

        // The activity ends after everything was recorded.
        Activity served = Assert.Single(await observer.TraceAsync(caller.TraceId, 2), activity => activity.Source.Name == "Microsoft.AspNetCore");
        Measured measured = (await observer.MeasuredAsync("http.server.request.duration", before + 1, ofHub))[before];
        return [measured.Text, Describe(served)];
    }

    private static async Task<string[]> SentAsync(Observer observer, TestHub hub, HttpMessageHandler handler, string method, string target, string source)
    {
        using Activity caller = new Activity("caller").Start();
        await SendAsync(hub, handler, method, target);
        Activity sent = Assert.Single(await observer.TraceAsync(caller.TraceId, 1), activity => activity.Source.Name == source);
        Measured[] measured = [.. observer.Measurements.Where(one => one.Instrument.Meter.Name == source && hub.Address.Port.Equals(one.Tags["server.port"]))];
        return [.. measured.Where(one => one.Instrument.Name is "http.client.request.duration" or "http.client.active_requests")
            .TakeLast(3)
            .Select(one => one.Text.Replace(source, "", StringComparison.Ordinal))
            .Order(), Describe(sent)];
    }

    private static async Task SendAsync(TestHub hub, HttpMessageHandler handler, string method, string target)
    {
        using var client = new HttpClient(handler) { Timeout = Patience.Limit };
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(hub.Address, target));
        try
        {
            using HttpResponseMessage response = await client.SendAsync(request).InTime();
        }
        catch (HttpRequestException)
        {
            // How it failed is among what is compared.
        }
    }

    private static string Describe(Activity activity) => string.Create(
        CultureInfo.InvariantCulture,
        $"{activity.OperationName} {activity.DisplayName} {activity.Kind} {activity.Status} {activity.StatusDescription} {string.Join(' ', activity.TagObjects.OrderBy(tag => tag.Key).Select(tag => $"{tag.Key}={tag.Value}:{tag.Value?.GetType().Name}"))} {string.Join(' ', activity.Events.Select(one => one.Name))}");
}
