using SocketRest.AspNetCore.Tests.Conformance.Transports;

namespace SocketRest.AspNetCore.Tests.Conformance.OverForwarderHttp2;

public sealed class Methods : MethodsTests<ForwarderHttp2Transport>;

public sealed class BodySizes : BodySizeTests<ForwarderHttp2Transport>;

public sealed class RequestBodies : RequestBodyTests<ForwarderHttp2Transport>;

public sealed class ResponseBodies : ResponseBodyTests<ForwarderHttp2Transport>;

public sealed class Duplex : DuplexTests<ForwarderHttp2Transport>;

public sealed class Targets : TargetTests<ForwarderHttp2Transport>;

public sealed class RequestHeaders : RequestHeaderTests<ForwarderHttp2Transport>;

public sealed class ResponseHeaders : ResponseHeaderTests<ForwarderHttp2Transport>;

public sealed class ContentLengths : ContentLengthTests<ForwarderHttp2Transport>;

public sealed class RequestBodyLimits : RequestBodyLimitTests<ForwarderHttp2Transport>;

public sealed class SynchronousBodies : SynchronousBodyTests<ForwarderHttp2Transport>;

public sealed class Trailers : TrailerTests<ForwarderHttp2Transport>;

public sealed class ExpectContinue : ExpectContinueTests<ForwarderHttp2Transport>;

public sealed class Cancellation : CancellationTests<ForwarderHttp2Transport>;

public sealed class Aborts : AbortTests<ForwarderHttp2Transport>;

public sealed class Exceptions : ExceptionTests<ForwarderHttp2Transport>;

public sealed class Lifetimes : LifetimeTests<ForwarderHttp2Transport>;

public sealed class WebSockets : WebSocketTests<ForwarderHttp2Transport>;

public sealed class Upgrades : UpgradeTests<ForwarderHttp2Transport>;

public sealed class Concurrency : ConcurrencyTests<ForwarderHttp2Transport>;

public sealed class StartingPointDefects : StartingPointDefectTests<ForwarderHttp2Transport>;

public sealed class Clients : ClientTests<ForwarderHttp2Transport>;

public sealed class Redirects : RedirectTests<ForwarderHttp2Transport>;

public sealed class Mvc : MvcTests<ForwarderHttp2Transport>;

public sealed class MinimalApis : MinimalApiTests<ForwarderHttp2Transport>;

public sealed class Security : SecurityTests<ForwarderHttp2Transport>;

public sealed class Files : FileTests<ForwarderHttp2Transport>;

public sealed class Middlewares : MiddlewareTests<ForwarderHttp2Transport>;
