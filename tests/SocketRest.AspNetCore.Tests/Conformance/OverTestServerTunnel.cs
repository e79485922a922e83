using SocketRest.AspNetCore.Tests.Conformance.Transports;

namespace SocketRest.AspNetCore.Tests.Conformance.OverTestServerTunnel;

public sealed class Methods : MethodsTests<TestServerTunnelTransport>;

public sealed class BodySizes : BodySizeTests<TestServerTunnelTransport>;

public sealed class RequestBodies : RequestBodyTests<TestServerTunnelTransport>;

public sealed class ResponseBodies : ResponseBodyTests<TestServerTunnelTransport>;

public sealed class Duplex : DuplexTests<TestServerTunnelTransport>;

public sealed class Targets : TargetTests<TestServerTunnelTransport>;

public sealed class RequestHeaders : RequestHeaderTests<TestServerTunnelTransport>;

public sealed class ResponseHeaders : ResponseHeaderTests<TestServerTunnelTransport>;

public sealed class ContentLengths : ContentLengthTests<TestServerTunnelTransport>;

public sealed class RequestBodyLimits : RequestBodyLimitTests<TestServerTunnelTransport>;

public sealed class SynchronousBodies : SynchronousBodyTests<TestServerTunnelTransport>;

public sealed class Trailers : TrailerTests<TestServerTunnelTransport>;

public sealed class ExpectContinue : ExpectContinueTests<TestServerTunnelTransport>;

public sealed class Cancellation : CancellationTests<TestServerTunnelTransport>;

public sealed class Aborts : AbortTests<TestServerTunnelTransport>;

public sealed class Exceptions : ExceptionTests<TestServerTunnelTransport>;

public sealed class Lifetimes : LifetimeTests<TestServerTunnelTransport>;

public sealed class WebSockets : WebSocketTests<TestServerTunnelTransport>;

public sealed class Upgrades : UpgradeTests<TestServerTunnelTransport>;

public sealed class Concurrency : ConcurrencyTests<TestServerTunnelTransport>;

public sealed class StartingPointDefects : StartingPointDefectTests<TestServerTunnelTransport>;

public sealed class Clients : ClientTests<TestServerTunnelTransport>;

public sealed class Redirects : RedirectTests<TestServerTunnelTransport>;

public sealed class Mvc : MvcTests<TestServerTunnelTransport>;

public sealed class MinimalApis : MinimalApiTests<TestServerTunnelTransport>;

public sealed class Security : SecurityTests<TestServerTunnelTransport>;

public sealed class Files : FileTests<TestServerTunnelTransport>;

public sealed class Middlewares : MiddlewareTests<TestServerTunnelTransport>;
