using SocketRest.AspNetCore.Tests.Conformance.Transports;

namespace SocketRest.AspNetCore.Tests.Conformance.OverDiallingTunnel;

public sealed class Methods : MethodsTests<DiallingTransport>;

public sealed class BodySizes : BodySizeTests<DiallingTransport>;

public sealed class RequestBodies : RequestBodyTests<DiallingTransport>;

public sealed class ResponseBodies : ResponseBodyTests<DiallingTransport>;

public sealed class Duplex : DuplexTests<DiallingTransport>;

public sealed class Targets : TargetTests<DiallingTransport>;

public sealed class RequestHeaders : RequestHeaderTests<DiallingTransport>;

public sealed class ResponseHeaders : ResponseHeaderTests<DiallingTransport>;

public sealed class ContentLengths : ContentLengthTests<DiallingTransport>;

public sealed class RequestBodyLimits : RequestBodyLimitTests<DiallingTransport>;

public sealed class SynchronousBodies : SynchronousBodyTests<DiallingTransport>;

public sealed class Trailers : TrailerTests<DiallingTransport>;

public sealed class ExpectContinue : ExpectContinueTests<DiallingTransport>;

public sealed class Cancellation : CancellationTests<DiallingTransport>;

public sealed class Aborts : AbortTests<DiallingTransport>;

public sealed class Exceptions : ExceptionTests<DiallingTransport>;

public sealed class Lifetimes : LifetimeTests<DiallingTransport>;

public sealed class WebSockets : WebSocketTests<DiallingTransport>;

public sealed class Upgrades : UpgradeTests<DiallingTransport>;

public sealed class Concurrency : ConcurrencyTests<DiallingTransport>;

public sealed class StartingPointDefects : StartingPointDefectTests<DiallingTransport>;

public sealed class Clients : ClientTests<DiallingTransport>;

public sealed class Redirects : RedirectTests<DiallingTransport>;

public sealed class Mvc : MvcTests<DiallingTransport>;

public sealed class MinimalApis : MinimalApiTests<DiallingTransport>;

public sealed class Security : SecurityTests<DiallingTransport>;

public sealed class Files : FileTests<DiallingTransport>;

public sealed class Middlewares : MiddlewareTests<DiallingTransport>;
