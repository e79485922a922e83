using SocketRest.AspNetCore.Tests.Conformance.Transports;

namespace SocketRest.AspNetCore.Tests.Conformance.OverAcceptingTunnelWithCuts;

public sealed class Methods : MethodsTests<CutAcceptingTransport>;

public sealed class BodySizes : BodySizeTests<CutAcceptingTransport>;

public sealed class RequestBodies : RequestBodyTests<CutAcceptingTransport>;

public sealed class ResponseBodies : ResponseBodyTests<CutAcceptingTransport>;

public sealed class Duplex : DuplexTests<CutAcceptingTransport>;

public sealed class Targets : TargetTests<CutAcceptingTransport>;

public sealed class RequestHeaders : RequestHeaderTests<CutAcceptingTransport>;

public sealed class ResponseHeaders : ResponseHeaderTests<CutAcceptingTransport>;

public sealed class ContentLengths : ContentLengthTests<CutAcceptingTransport>;

public sealed class RequestBodyLimits : RequestBodyLimitTests<CutAcceptingTransport>;

public sealed class SynchronousBodies : SynchronousBodyTests<CutAcceptingTransport>;

public sealed class Trailers : TrailerTests<CutAcceptingTransport>;

public sealed class ExpectContinue : ExpectContinueTests<CutAcceptingTransport>;

public sealed class Cancellation : CancellationTests<CutAcceptingTransport>;

public sealed class Aborts : AbortTests<CutAcceptingTransport>;

public sealed class Exceptions : ExceptionTests<CutAcceptingTransport>;

public sealed class Lifetimes : LifetimeTests<CutAcceptingTransport>;

public sealed class WebSockets : WebSocketTests<CutAcceptingTransport>;

public sealed class Upgrades : UpgradeTests<CutAcceptingTransport>;

public sealed class Concurrency : ConcurrencyTests<CutAcceptingTransport>;

public sealed class StartingPointDefects : StartingPointDefectTests<CutAcceptingTransport>;

public sealed class Clients : ClientTests<CutAcceptingTransport>;

public sealed class Redirects : RedirectTests<CutAcceptingTransport>;

public sealed class Mvc : MvcTests<CutAcceptingTransport>;

public sealed class MinimalApis : MinimalApiTests<CutAcceptingTransport>;

public sealed class Security : SecurityTests<CutAcceptingTransport>;

public sealed class Files : FileTests<CutAcceptingTransport>;

public sealed class Middlewares : MiddlewareTests<CutAcceptingTransport>;
