using SocketRest.AspNetCore.Tests.Conformance.Transports;

namespace SocketRest.AspNetCore.Tests.Conformance.OverAcceptingTunnel;

public sealed class Methods : MethodsTests<AcceptingTransport>;

public sealed class BodySizes : BodySizeTests<AcceptingTransport>;

public sealed class RequestBodies : RequestBodyTests<AcceptingTransport>;

public sealed class ResponseBodies : ResponseBodyTests<AcceptingTransport>;

public sealed class Duplex : DuplexTests<AcceptingTransport>;

public sealed class Targets : TargetTests<AcceptingTransport>;

public sealed class RequestHeaders : RequestHeaderTests<AcceptingTransport>;

public sealed class ResponseHeaders : ResponseHeaderTests<AcceptingTransport>;

public sealed class ContentLengths : ContentLengthTests<AcceptingTransport>;

public sealed class RequestBodyLimits : RequestBodyLimitTests<AcceptingTransport>;

public sealed class SynchronousBodies : SynchronousBodyTests<AcceptingTransport>;

public sealed class Trailers : TrailerTests<AcceptingTransport>;

public sealed class ExpectContinue : ExpectContinueTests<AcceptingTransport>;

public sealed class Cancellation : CancellationTests<AcceptingTransport>;

public sealed class Aborts : AbortTests<AcceptingTransport>;

public sealed class Exceptions : ExceptionTests<AcceptingTransport>;

public sealed class Lifetimes : LifetimeTests<AcceptingTransport>;

public sealed class WebSockets : WebSocketTests<AcceptingTransport>;

public sealed class Upgrades : UpgradeTests<AcceptingTransport>;

public sealed class Concurrency : ConcurrencyTests<AcceptingTransport>;

public sealed class StartingPointDefects : StartingPointDefectTests<AcceptingTransport>;

public sealed class Clients : ClientTests<AcceptingTransport>;

public sealed class Redirects : RedirectTests<AcceptingTransport>;

public sealed class Mvc : MvcTests<AcceptingTransport>;

public sealed class MinimalApis : MinimalApiTests<AcceptingTransport>;

public sealed class Security : SecurityTests<AcceptingTransport>;

public sealed class Files : FileTests<AcceptingTransport>;

public sealed class Middlewares : MiddlewareTests<AcceptingTransport>;
