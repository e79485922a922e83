using SocketRest.Benchmarks.Measuring;
using SocketRest.Benchmarks.Peers;
using SocketRest.Benchmarks.Peers.Http2OverWebSocket;

namespace SocketRest.Benchmarks.Scenarios;

/// <summary>Which scenarios there are and whom each compares.</summary>
internal static class ScenarioCatalog
{
    private const string Get = "GET with a 13-byte answer";

    public static IReadOnlyList<IScenario> All { get; } =
    [
        new CallScenario(
            "get-64",
            $"{Get}, 64 in flight",
            64,
            CallFigure.CallsPerSecond,
            peer => new GetHello(peer),
            [.. Subject, Http1(Role.Rival), Http2(Role.Information), Http2OverWebSocket(Role.Rival), TestServer(Role.Rival)])
        {
            ReportsAllocation = true,
        },
        new CallScenario(
            "get-256", $"{Get}, 256 in flight", 256, CallFigure.CallsPerSecond, peer => new GetHello(peer), [.. Subject, Http1(Role.Rival)]),
        new CallScenario(
            "get-1", $"{Get}, one in flight", 1, CallFigure.MedianLatency, peer => new GetHello(peer), [.. Subject, Http1(Role.Rival)]),
        new CallScenario(
            "post-json-64",
            "1 KiB of JSON each way, typed, 64 in flight",
            64,
            CallFigure.CallsPerSecond,
            peer => new PostJson(peer),
            [.. Subject, Http1(Role.Rival)]),
        Bulk(BulkDirection.Download),
        Bulk(BulkDirection.Upload),
        new CallScenario(
            "device-get-64",
            $"{Get}, 64 in flight, the side that dialled serves",
            64,
            CallFigure.CallsPerSecond,
            peer => new GetHello(peer),
            [.. DeviceSubject, Http1(Role.Rival)]),
        new MixedScenario([.. Subject, Http2(Role.Rival), Http2OverWebSocket(Role.Information)]),
        new WireScenario([.. Subject, Http1(Role.Information), Http2(Role.Information), Http2OverWebSocket(Role.Information)]),
        new CallScenario(
            "forward-64",
            $"{Get}, 64 in flight over HTTP/1.1, through a hub to an agent",
            64,
            CallFigure.CallsPerSecond,
            peer => new GetHello(peer),
            [.. ForwardedSubject, Direct]),
        new CallScenario(
            "forward-post-64",
            "1 KiB of JSON each way, 64 in flight over HTTP/1.1, through a hub to an agent",
            64,
            CallFigure.CallsPerSecond,
            peer => new PostJson(peer),
            [.. ForwardedSubject, Direct]),
        new AgentsScenario(agents: 2000, concurrency: 64),
    ];

    private static PeerSpec[] Subject => [new(Role.Subject, SocketRestPeers.StartAsync)];

    private static PeerSpec[] DeviceSubject => [new(Role.Subject, SocketRestPeers.StartDeviceAsync)];

    private static PeerSpec[] ForwardedSubject => [new(Role.Subject, SocketRestPeers.StartForwarderAsync)];

    private static PeerSpec Direct => new(Role.Rival, settings => KestrelPeers.StartHttp1Async(settings, "direct"));

    private static PeerSpec Http1(Role role) => new(role, settings => KestrelPeers.StartHttp1Async(settings));

    private static PeerSpec Http2(Role role) => new(role, KestrelPeers.StartHttp2Async);

    private static PeerSpec Http2OverWebSocket(Role role) => new(role, Http2OverWebSocketPeer.StartAsync);

    private static PeerSpec TestServer(Role role) => new(role, TestServerPeer.StartAsync);

    private static BulkScenario Bulk(BulkDirection direction) => new(
        direction,
        [
            .. Subject.Select(BulkSpec.Http),
            new(Role.Rival, WebSocketBulkPeer.StartAsync),
            BulkSpec.Http(Http1(Role.Information)),
            BulkSpec.Http(Http2(Role.Information)),
        ]);
}
