using SocketRest.AspNetCore.Tests.Conformance.Transports;

namespace SocketRest.AspNetCore.Tests.Conformance.OverDiallingTunnelWithCuts;

public sealed class Methods : MethodsTests<CutDiallingTransport>;

public sealed class BodySizes : BodySizeTests<CutDiallingTransport>;

public sealed class RequestBodies : RequestBodyTests<CutDiallingTransport>;

public sealed class ResponseBodies : ResponseBodyTests<CutDiallingTransport>;

public sealed class Duplex : DuplexTests<CutDiallingTransport>;

public sealed class Targets : TargetTests<CutDiallingTransport>;

public sealed class RequestHeaders : RequestHeaderTests<CutDiallingTransport>;

public sealed class ResponseHeaders : ResponseHeaderTests<CutDiallingTransport>;

public sealed class ContentLengths : ContentLengthTests<CutDiallingTransport>;

public sealed class RequestBodyLimits : RequestBodyLimitTests<CutDiallingTransport>;

public sealed class SynchronousBodies : SynchronousBodyTests<CutDiallingTransport>;

public sealed class Trailers : TrailerTests<CutDiallingTransport>;

public sealed class ExpectContinue : ExpectContinueTests<CutDiallingTransport>;

public sealed class Cancellation : CancellationTests<CutDiallingTransport>;

public sealed class Aborts : AbortTests<CutDiallingTransport>;

public sealed class Exceptions : ExceptionTests<CutDiallingTransport>;

public sealed class Lifetimes : LifetimeTests<CutDiallingTransport>;

public sealed class WebSockets : WebSocketTests<CutDiallingTransport>;

public sealed class Upgrades : UpgradeTests<CutDiallingTransport>;

public sealed class Concurrency : ConcurrencyTests<CutDiallingTransport>;

public sealed class StartingPointDefects : StartingPointDefectTests<CutDiallingTransport>;

public sealed class Clients : ClientTests<CutDiallingTransport>;

public sealed class Redirects : RedirectTests<CutDiallingTransport>;

public sealed class Mvc : MvcTests<CutDiallingTransport>;

public sealed class MinimalApis : MinimalApiTests<CutDiallingTransport>;

public sealed class Security : SecurityTests<CutDiallingTransport>;

public sealed class Files : FileTests<CutDiallingTransport>;

public sealed class Middlewares : MiddlewareTests<CutDiallingTransport>;
