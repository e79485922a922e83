using SocketRest.AspNetCore.Tests.Conformance.Transports;

namespace SocketRest.AspNetCore.Tests.Conformance.OverForwarderHttp1;

public sealed class Methods : MethodsTests<ForwarderHttp1Transport>;

public sealed class BodySizes : BodySizeTests<ForwarderHttp1Transport>;

public sealed class RequestBodies : RequestBodyTests<ForwarderHttp1Transport>;

public sealed class ResponseBodies : ResponseBodyTests<ForwarderHttp1Transport>;

public sealed class Duplex : DuplexTests<ForwarderHttp1Transport>;

public sealed class Targets : TargetTests<ForwarderHttp1Transport>;

public sealed class RequestHeaders : RequestHeaderTests<ForwarderHttp1Transport>;

public sealed class ResponseHeaders : ResponseHeaderTests<ForwarderHttp1Transport>;

public sealed class ContentLengths : ContentLengthTests<ForwarderHttp1Transport>;

public sealed class RequestBodyLimits : RequestBodyLimitTests<ForwarderHttp1Transport>;

public sealed class SynchronousBodies : SynchronousBodyTests<ForwarderHttp1Transport>;

public sealed class Trailers : TrailerTests<ForwarderHttp1Transport>;

public sealed class ExpectContinue : ExpectContinueTests<ForwarderHttp1Transport>;

public sealed class Cancellation : CancellationTests<ForwarderHttp1Transport>;

public sealed class Aborts : AbortTests<ForwarderHttp1Transport>;

public sealed class Exceptions : ExceptionTests<ForwarderHttp1Transport>;

public sealed class Lifetimes : LifetimeTests<ForwarderHttp1Transport>;

public sealed class WebSockets : WebSocketTests<ForwarderHttp1Transport>;

public sealed class Upgrades : UpgradeTests<ForwarderHttp1Transport>;

public sealed class Concurrency : ConcurrencyTests<ForwarderHttp1Transport>;

public sealed class StartingPointDefects : StartingPointDefectTests<ForwarderHttp1Transport>;

public sealed class Clients : ClientTests<ForwarderHttp1Transport>;

public sealed class Redirects : RedirectTests<ForwarderHttp1Transport>;

public sealed class Mvc : MvcTests<ForwarderHttp1Transport>;

public sealed class MinimalApis : MinimalApiTests<ForwarderHttp1Transport>;

public sealed class Security : SecurityTests<ForwarderHttp1Transport>;

public sealed class Files : FileTests<ForwarderHttp1Transport>;

public sealed class Middlewares : MiddlewareTests<ForwarderHttp1Transport>;
