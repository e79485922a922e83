using SocketRest.AspNetCore.Tests.Conformance.Transports;

namespace SocketRest.AspNetCore.Tests.Conformance.OverHttp1;

public sealed class Methods : MethodsTests<Http1Transport>;

public sealed class BodySizes : BodySizeTests<Http1Transport>;

public sealed class RequestBodies : RequestBodyTests<Http1Transport>;

public sealed class ResponseBodies : ResponseBodyTests<Http1Transport>;

public sealed class Duplex : DuplexTests<Http1Transport>;

public sealed class Targets : TargetTests<Http1Transport>;

public sealed class RequestHeaders : RequestHeaderTests<Http1Transport>;

public sealed class ResponseHeaders : ResponseHeaderTests<Http1Transport>;

public sealed class ContentLengths : ContentLengthTests<Http1Transport>;

public sealed class RequestBodyLimits : RequestBodyLimitTests<Http1Transport>;

public sealed class SynchronousBodies : SynchronousBodyTests<Http1Transport>;

public sealed class Trailers : TrailerTests<Http1Transport>;

public sealed class ExpectContinue : ExpectContinueTests<Http1Transport>;

public sealed class Cancellation : CancellationTests<Http1Transport>;

public sealed class Aborts : AbortTests<Http1Transport>;

public sealed class Exceptions : ExceptionTests<Http1Transport>;

public sealed class Lifetimes : LifetimeTests<Http1Transport>;

public sealed class WebSockets : WebSocketTests<Http1Transport>;

public sealed class Upgrades : UpgradeTests<Http1Transport>;

public sealed class Concurrency : ConcurrencyTests<Http1Transport>;

public sealed class StartingPointDefects : StartingPointDefectTests<Http1Transport>;

public sealed class Clients : ClientTests<Http1Transport>;

public sealed class Redirects : RedirectTests<Http1Transport>;

public sealed class Mvc : MvcTests<Http1Transport>;

public sealed class MinimalApis : MinimalApiTests<Http1Transport>;

public sealed class Security : SecurityTests<Http1Transport>;

public sealed class Files : FileTests<Http1Transport>;

public sealed class Middlewares : MiddlewareTests<Http1Transport>;
