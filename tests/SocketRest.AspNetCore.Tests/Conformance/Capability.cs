namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>
/// Where transports legitimately differ. HTTP/2 is the model that SocketRest follows; a flag that HTTP/2 lacks says what
/// HTTP/1.1 or a tunnel has besides, and the others are stated gaps of HTTP/1.1's client or of <c>TestServer</c>.
/// </summary>
[Flags]
public enum Capability
{
    None = 0,

    /// <summary>
    /// The response may begin while the request body is still being sent. <see cref="SocketsHttpHandler"/> does not read an HTTP/1.1
    /// response before it has sent the whole request.
    /// </summary>
    FullDuplex = 1 << 0,

    /// <summary>A reason phrase of the application's own reaches the caller: HTTP/2 has no place for one.</summary>
    ReasonPhrase = 1 << 1,

    /// <summary>What a handler writes in answer to HEAD is dropped. TestServer hands it to the caller.</summary>
    HeadDropsBody = 1 << 2,

    /// <summary>A request body whose source fails at the caller is an error to the handler. TestServer leaves it waiting.</summary>
    BrokenUploads = 1 << 3,

    /// <summary><c>CompleteAsync</c> ends the response. TestServer ends it when the handler returns.</summary>
    EarlyCompletion = 1 << 4,

    /// <summary>
    /// The target reaches the application byte for byte and is decoded as Kestrel decodes it. TestServer decodes a <see cref="Uri"/>
    /// and knows no wire form.
    /// </summary>
    RawTarget = 1 << 5,

    /// <summary>Headers of one connection (<c>Connection</c>, <c>Keep-Alive</c>) do not travel: HTTP/2 forbids them.</summary>
    DropsConnectionHeaders = 1 << 6,

    /// <summary>Control characters are refused where the application sets them. TestServer takes any string.</summary>
    ValidatesResponseHeaders = 1 << 7,

    /// <summary>The server adds <c>Date</c>. TestServer does not.</summary>
    AddsDate = 1 << 8,

    /// <summary>A body must have its declared length. TestServer does not count.</summary>
    EnforcesContentLength = 1 << 9,

    /// <summary>The server limits request bodies (<c>IHttpMaxRequestBodySizeFeature</c>). TestServer has no limits.</summary>
    LimitsRequestBody = 1 << 10,

    /// <summary>A request header with an empty value is there. TestServer leaves it out.</summary>
    EmptyRequestHeaders = 1 << 11,

    /// <summary>
    /// A request header with CR, LF or NUL does not pass. <see cref="SocketsHttpHandler"/> writes over HTTP/1.1 whatever
    /// <c>TryAddWithoutValidation</c> was given, line breaks included.
    /// </summary>
    StopsControlCharacters = 1 << 12,

    /// <summary>Trailers follow a response. Kestrel does not send them over HTTP/1.1.</summary>
    ResponseTrailers = 1 << 13,

    /// <summary>The end of a request body shows whether there were trailers. TestServer knows none.</summary>
    DetectsRequestTrailers = 1 << 14,

    /// <summary>
    /// The test can send trailers with a request (<see cref="TransportHost.PostWithTrailersAsync"/>). <see cref="SocketsHttpHandler"/>
    /// cannot; over HTTP/1.1 a bare socket can.
    /// </summary>
    RequestTrailers = 1 << 15,

    /// <summary>A body is held back until the application asks for it. TestServer hands it over at once.</summary>
    ExpectContinue = 1 << 16,

    /// <summary>
    /// Failures of the application are a 500, an <see cref="HttpRequestException"/> or an <see cref="HttpIOException"/>. TestServer
    /// hands the application's own exceptions to the caller.
    /// </summary>
    HttpExceptions = 1 << 17,

    /// <summary>The application can reset one request with a code (<c>IHttpResetFeature</c>). HTTP/1.1 has no such thing.</summary>
    Reset = 1 << 18,

    /// <summary>There is a peer with an address. TestServer has none.</summary>
    RemoteAddress = 1 << 19,

    /// <summary>The handler connects a <c>ClientWebSocket</c>. TestServer has a client of its own for that.</summary>
    WebSockets = 1 << 20,

    /// <summary>
    /// A body that breaks off throws <see cref="HttpIOException"/>. Over HTTP/1.1 the reset of the TCP connection comes through as a
    /// bare <see cref="IOException"/>.
    /// </summary>
    HttpIOExceptions = 1 << 21,

    /// <summary>
    /// A token that is cancelled already sends nothing, and a time-out of the client has a <see cref="TimeoutException"/> inside.
    /// TestServer runs the application first and looks at the token later: a handler deaf to its token holds the caller too.
    /// </summary>
    StrictCancellation = 1 << 22,

    /// <summary>
    /// The synchronous <see cref="HttpClient.Send(HttpRequestMessage)"/> works. <see cref="SocketsHttpHandler"/> refuses it over HTTP/2,
    /// and TestServer has none.
    /// </summary>
    SynchronousSend = 1 << 23,

    /// <summary>
    /// The handler follows redirects, keeps cookies and decompresses as <see cref="HandlerSettings"/> say. TestServer's does none of it.
    /// </summary>
    HandlerSettings = 1 << 24,

    /// <summary>
    /// An answer in the middle of an upload that it refuses reaches the caller. Over HTTP/1.1 Kestrel closes the connection after it,
    /// and a client that is still writing may see that first.
    /// </summary>
    AnswersMidUpload = 1 << 25,

    /// <summary>
    /// Nobody stands between caller and application: any host reaches it, no field is added, what it is told of the version holds for the caller, and where it
    /// fails before a byte of its answer has come through there is no answer. A forwarder is reached by one host, adds Via, and answers 502.
    /// </summary>
    Direct = 1 << 26,

    /// <summary>A request may offer another protocol, which the application takes or leaves (<c>IHttpUpgradeFeature</c>): HTTP/2 has extended CONNECT alone.</summary>
    Upgrades = 1 << 27,

    /// <summary>
    /// The addresses and ports are those of the socket that the request came by. At an agent they would be the hub's or a proxy's, and TestServer's WebSocket
    /// has none: 255.255.255.255 and port 0 stand for nobody's.
    /// </summary>
    Addresses = 1 << 28,

    /// <summary>What both versions of HTTP on Kestrel do and TestServer does not.</summary>
    RealServer = HeadDropsBody | BrokenUploads | EarlyCompletion | RawTarget | ValidatesResponseHeaders | AddsDate
        | EnforcesContentLength | LimitsRequestBody | EmptyRequestHeaders | DetectsRequestTrailers | ExpectContinue
        | HttpExceptions | RemoteAddress | WebSockets | StrictCancellation | HandlerSettings | Direct | Addresses,

    /// <summary>HTTP/2, from <see cref="SocketsHttpHandler"/> to Kestrel.</summary>
    Http2 = RealServer | FullDuplex | DropsConnectionHeaders | StopsControlCharacters | ResponseTrailers | Reset | HttpIOExceptions
        | AnswersMidUpload,

    /// <summary>A tunnel: all of HTTP/2, and what only the client of HTTP/2 cannot do. Addresses are for the one that has some.</summary>
    Tunnel = (Http2 & ~Addresses) | SynchronousSend | RequestTrailers | Upgrades,
}
