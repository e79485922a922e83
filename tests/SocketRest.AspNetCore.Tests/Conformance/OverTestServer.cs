using SocketRest.AspNetCore.Tests.Conformance.Transports;

namespace SocketRest.AspNetCore.Tests.Conformance.OverTestServer;

public sealed class Methods : MethodsTests<TestServerTransport>;

public sealed class BodySizes : BodySizeTests<TestServerTransport>;

public sealed class RequestBodies : RequestBodyTests<TestServerTransport>;

public sealed class ResponseBodies : ResponseBodyTests<TestServerTransport>;

public sealed class Duplex : DuplexTests<TestServerTransport>;

public sealed class Targets : TargetTests<TestServerTransport>;

public sealed class RequestHeaders : RequestHeaderTests<TestServerTransport>;

public sealed class ResponseHeaders : ResponseHeaderTests<TestServerTransport>;

public sealed class ContentLengths : ContentLengthTests<TestServerTransport>;

public sealed class RequestBodyLimits : RequestBodyLimitTests<TestServerTransport>;

public sealed class SynchronousBodies : SynchronousBodyTests<TestServerTransport>;

public sealed class Trailers : TrailerTests<TestServerTransport>;

public sealed class ExpectContinue : ExpectContinueTests<TestServerTransport>;

public sealed class Cancellation : CancellationTests<TestServerTransport>;

public sealed class Aborts : AbortTests<TestServerTransport>;

public sealed class Exceptions : ExceptionTests<TestServerTransport>;

public sealed class Lifetimes : LifetimeTests<TestServerTransport>;

public sealed class WebSockets : WebSocketTests<TestServerTransport>;

public sealed class Upgrades : UpgradeTests<TestServerTransport>;

public sealed class Concurrency : ConcurrencyTests<TestServerTransport>;

public sealed class StartingPointDefects : StartingPointDefectTests<TestServerTransport>;

public sealed class Clients : ClientTests<TestServerTransport>;

public sealed class Redirects : RedirectTests<TestServerTransport>;

public sealed class Mvc : MvcTests<TestServerTransport>;

public sealed class MinimalApis : MinimalApiTests<TestServerTransport>;

public sealed class Security : SecurityTests<TestServerTransport>;

public sealed class Files : FileTests<TestServerTransport>;

public sealed class Middlewares : MiddlewareTests<TestServerTransport>;
