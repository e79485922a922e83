using SocketRest.AspNetCore.Tests.Conformance.Transports;

namespace SocketRest.AspNetCore.Tests.Conformance.OverHttp2;

public sealed class Methods : MethodsTests<Http2Transport>;

public sealed class BodySizes : BodySizeTests<Http2Transport>;

public sealed class RequestBodies : RequestBodyTests<Http2Transport>;

public sealed class ResponseBodies : ResponseBodyTests<Http2Transport>;

public sealed class Duplex : DuplexTests<Http2Transport>;

public sealed class Targets : TargetTests<Http2Transport>;

public sealed class RequestHeaders : RequestHeaderTests<Http2Transport>;

public sealed class ResponseHeaders : ResponseHeaderTests<Http2Transport>;

public sealed class ContentLengths : ContentLengthTests<Http2Transport>;

public sealed class RequestBodyLimits : RequestBodyLimitTests<Http2Transport>;

public sealed class SynchronousBodies : SynchronousBodyTests<Http2Transport>;

public sealed class Trailers : TrailerTests<Http2Transport>;

public sealed class ExpectContinue : ExpectContinueTests<Http2Transport>;

public sealed class Cancellation : CancellationTests<Http2Transport>;

public sealed class Aborts : AbortTests<Http2Transport>;

public sealed class Exceptions : ExceptionTests<Http2Transport>;

public sealed class Lifetimes : LifetimeTests<Http2Transport>;

public sealed class WebSockets : WebSocketTests<Http2Transport>;

public sealed class Upgrades : UpgradeTests<Http2Transport>;

public sealed class Concurrency : ConcurrencyTests<Http2Transport>;

public sealed class StartingPointDefects : StartingPointDefectTests<Http2Transport>;

public sealed class Clients : ClientTests<Http2Transport>;

public sealed class Redirects : RedirectTests<Http2Transport>;

public sealed class Mvc : MvcTests<Http2Transport>;

public sealed class MinimalApis : MinimalApiTests<Http2Transport>;

public sealed class Security : SecurityTests<Http2Transport>;

public sealed class Files : FileTests<Http2Transport>;

public sealed class Middlewares : MiddlewareTests<Http2Transport>;
