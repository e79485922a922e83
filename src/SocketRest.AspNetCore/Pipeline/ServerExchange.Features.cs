using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>What the application sees of the exchange. As on Kestrel's HTTP/2, except where PROTOCOL.md says otherwise.</summary>
internal sealed partial class ServerExchange :
    IHttpRequestFeature,
    IHttpResponseFeature,
    IHttpResponseBodyFeature,
    IRequestBodyPipeFeature,
    IHttpRequestLifetimeFeature,
    IHttpConnectionFeature,
    IHttpRequestIdentifierFeature,
    IHttpMaxRequestBodySizeFeature,
    IHttpMinRequestBodyDataRateFeature,
    IHttpMinResponseDataRateFeature,
    IHttpBodyControlFeature,
    IHttpRequestBodyDetectionFeature,
    IHttpResponseTrailersFeature,
    IHttpRequestTrailersFeature,
    IHttpResetFeature,
    IHttpExtendedConnectFeature,
    IEndpointFeature,
    IRouteValuesFeature,
    ISocketRestConnectionFeature
{
    private string _protocol = "HTTP/2";
    private string _scheme = "";
    private string _method = "";
    private string _pathBase = "";
    private string _path = "";
    private string _query = "";
    private string _rawTarget = "";
    private IHeaderDictionary? _requestHeaders;
    private IHeaderDictionary? _replacedResponseHeaders;
    private Stream? _requestBody;
    private object? _ownRequestBody;
    private PipeReader? _wrappedReader;
    private Stream? _wrappedBody;
    private ResponseBodyStream? _responseBody;
    private int _statusCode;
    private string? _reasonPhrase;
    private IHeaderDictionary? _trailers;
    private CancellationToken? _replacedAborted;
    private string? _traceIdentifier;
    private RouteValueDictionary? _routeValues;
    private long? _maxRequestBodySize;
    private MinDataRate? _minResponseDataRate;
    private string? _connectionId;
    private IPAddress? _remoteAddress;
    private IPAddress? _localAddress;
    private int _remotePort;
    private int _localPort;

    public bool AllowSynchronousIO { get; set; }

    Endpoint? IEndpointFeature.Endpoint { get; set; }

    RouteValueDictionary IRouteValuesFeature.RouteValues { get => _routeValues ??= []; set => _routeValues = value; }

    public long? MaxRequestBodySize => _maxRequestBodySize;

    public MinDataRate? MinRequestBodyDataRate { get; private set; }

    MinDataRate? IHttpMinRequestBodyDataRateFeature.MinDataRate { get => MinRequestBodyDataRate; set => MinRequestBodyDataRate = value; }

    MinDataRate? IHttpMinResponseDataRateFeature.MinDataRate
    {
        get => _minResponseDataRate;
        set
        {
            ThrowIfStarted(nameof(IHttpMinResponseDataRateFeature.MinDataRate));
            _minResponseDataRate = value;
        }
    }

    public string TraceIdentifier
    {
        get => _traceIdentifier ??= string.Create(CultureInfo.InvariantCulture, $"{Stream.Connection.Identity.Id}:{Stream.Id:X8}");
        set => _traceIdentifier = value;
    }

    SocketRestConnection ISocketRestConnectionFeature.Connection => Stream.Connection.Public;

    string IHttpRequestFeature.Protocol { get => _protocol; set => _protocol = value; }

    string IHttpRequestFeature.Scheme { get => _scheme; set => _scheme = value; }

    string IHttpRequestFeature.Method { get => _method; set => _method = value; }

    string IHttpRequestFeature.PathBase { get => _pathBase; set => _pathBase = value; }

    string IHttpRequestFeature.Path { get => _path; set => _path = value; }

    string IHttpRequestFeature.QueryString { get => _query; set => _query = value; }

    string IHttpRequestFeature.RawTarget { get => _rawTarget; set => _rawTarget = value; }

    IHeaderDictionary IHttpRequestFeature.Headers { get => _requestHeaders ?? _request.Headers; set => _requestHeaders = value; }

    Stream IHttpRequestFeature.Body
    {
        get => _requestBody ??= OwnRequestBody();
        set => _requestBody = value;
    }

    PipeReader IRequestBodyPipeFeature.Reader
    {
        get
        {
            if (_requestBody is null || ReferenceEquals(_requestBody, _ownRequestBody))
            {
                return Reader;
            }

            if (!ReferenceEquals(_wrappedBody, _requestBody))
            {
                // Somebody put another stream in front, decompression for instance: the reader follows.
                _wrappedBody = _requestBody;
                _wrappedReader = PipeReader.Create(_requestBody, new StreamPipeReaderOptions(leaveOpen: true));
                PipeReader created = _wrappedReader;
                OnCompleted(static state => ((PipeReader)state).CompleteAsync().AsTask(), created);
            }

            return _wrappedReader!;
        }
    }

    int IHttpResponseFeature.StatusCode
    {
        get => _statusCode;
        set
        {
            ThrowIfStarted("The status code");
            _statusCode = value;
        }
    }

    string? IHttpResponseFeature.ReasonPhrase
    {
        get => _reasonPhrase;
        set
        {
            ThrowIfStarted("The reason phrase");
            _reasonPhrase = value;
        }
    }

    IHeaderDictionary IHttpResponseFeature.Headers
    {
        get => _replacedResponseHeaders ?? _responseHeaders;
        set => _replacedResponseHeaders = value;
    }

    [Obsolete("Use IHttpResponseBodyFeature.Stream instead.")]
    Stream IHttpResponseFeature.Body { get => ResponseBody; set => throw new NotSupportedException("Replace IHttpResponseBodyFeature instead."); }

    bool IHttpResponseFeature.HasStarted => _stage != ResponseStage.NotStarted;

    Stream IHttpResponseBodyFeature.Stream => ResponseBody;

    PipeWriter IHttpResponseBodyFeature.Writer => Writer;

    CancellationToken IHttpRequestLifetimeFeature.RequestAborted
    {
        get
        {
            if (_replacedAborted is { } replaced)
            {
                return replaced;
            }

            lock (_abortLock)
            {
                if (_isAborted && _aborted is null)
                {
                    return new CancellationToken(canceled: true);
                }

                return (_aborted ??= new CancellationTokenSource()).Token;
            }
        }

        set => _replacedAborted = value;
    }

    string IHttpConnectionFeature.ConnectionId { get => _connectionId ?? Stream.Connection.Identity.Id; set => _connectionId = value; }

    IPAddress? IHttpConnectionFeature.RemoteIpAddress { get => _remoteAddress; set => _remoteAddress = value; }

    IPAddress? IHttpConnectionFeature.LocalIpAddress { get => _localAddress; set => _localAddress = value; }

    int IHttpConnectionFeature.RemotePort { get => _remotePort; set => _remotePort = value; }

    int IHttpConnectionFeature.LocalPort { get => _localPort; set => _localPort = value; }

    bool IHttpMaxRequestBodySizeFeature.IsReadOnly => _reader is { HasStarted: true };

    long? IHttpMaxRequestBodySizeFeature.MaxRequestBodySize
    {
        get => _maxRequestBodySize;
        set
        {
            if (_reader is { HasStarted: true })
            {
                throw new InvalidOperationException("The maximum request body size cannot be changed after the body has been read from.");
            }

            if (value < 0)
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "The limit is null or not negative.");
            }

            _maxRequestBodySize = value;
        }
    }

    bool IHttpRequestBodyDetectionFeature.CanHaveBody =>
        (!Stream.RemoteEnded || Stream.HasInput) && RequestContentLength != 0 && _request.OfferedProtocol is null;

    IHeaderDictionary IHttpResponseTrailersFeature.Trailers
    {
        get
        {
            _trailers ??= new ResponseHeaderDictionary();
            CloseTrailers();
            return _trailers;
        }

        set => _trailers = value;
    }

    bool IHttpRequestTrailersFeature.Available => Stream.RemoteEnded && (!Stream.HasInput || Reader.IsAtEnd);

    IHeaderDictionary IHttpRequestTrailersFeature.Trailers
    {
        get
        {
            if (!((IHttpRequestTrailersFeature)this).Available)
            {
                throw new InvalidOperationException("The request trailers are not available yet. They may not be available until the full request body is read.");
            }

            var trailers = new HeaderDictionary();
            if (Stream.RemoteTrailers is { } fields)
            {
                foreach (ref readonly SocketRest.Protocol.Hpack.HeaderField entry in fields.Span)
                {
                    trailers.Append(entry.Name, entry.Value);
                }
            }

            return trailers;
        }
    }

    bool IHttpExtendedConnectFeature.IsExtendedConnect => _request.ConnectProtocol is not null;

    string? IHttpExtendedConnectFeature.Protocol => _request.ConnectProtocol;

    private RequestBodyStream OwnRequestBody()
    {
        var body = new RequestBodyStream(this, Reader);
        _ownRequestBody = body;
        return body;
    }

    private RequestBodyReader Reader => _reader ??= new RequestBodyReader(this);

    private ResponseBodyWriter Writer => _writer ??= new ResponseBodyWriter(this);

    private ResponseBodyStream ResponseBody => _responseBody ??= new ResponseBodyStream(this, Writer);

    public void OnCompleted(Func<object, Task> callback, object state) => (_onCompleted ??= new()).Push((callback, state));

    void IHttpResponseFeature.OnStarting(Func<object, Task> callback, object state)
    {
        ThrowIfStarted("OnStarting");
        (_onStarting ??= new()).Push((callback, state));
    }

    void IHttpResponseBodyFeature.DisableBuffering()
    {
        // Nothing is buffered beyond what a flush sends.
    }

    Task IHttpResponseBodyFeature.StartAsync(CancellationToken cancellationToken)
    {
        if (_stage != ResponseStage.NotStarted)
        {
            return Task.CompletedTask;
        }

        return FlushResponseAsync(cancellationToken).AsTask();
    }

    Task IHttpResponseBodyFeature.SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken) =>
        SendFileFallback.SendFileAsync(ResponseBody, path, offset, count, cancellationToken);

    Task IHttpResponseBodyFeature.CompleteAsync() => CompleteResponseAsync();

    void IHttpRequestLifetimeFeature.Abort() => AbortResponse("The application aborted the request.");

    void IHttpResetFeature.Reset(int errorCode) => AbortResponse($"The application reset the request with code {errorCode}.");

    private void InitializeFeatures()
    {
        _protocol = "HTTP/2";
        _scheme = _request.Scheme;
        _method = _request.Method;
        _pathBase = _request.Prefix is { } prefix ? PathBaseFor(prefix) : "";
        _path = _request.Path;
        _query = _request.Query;
        _rawTarget = _request.RawTarget;
        _requestHeaders = null;
        _replacedResponseHeaders = null;
        _requestBody = null;
        _ownRequestBody = null;
        _wrappedBody = null;
        _wrappedReader = null;
        _responseBody = null;
        _statusCode = StatusCodes.Status200OK;
        _reasonPhrase = null;
        _trailers = null;
        _replacedAborted = null;
        _traceIdentifier = null;
        _routeValues = null;
        ((IEndpointFeature)this).Endpoint = null;
        _maxRequestBodySize = _server.Options.MaxRequestBodySize;
        MinRequestBodyDataRate = _server.Options.MinRequestBodyDataRate;
        _minResponseDataRate = _server.Options.MinResponseDataRate;
        AllowSynchronousIO = _server.Options.AllowSynchronousIO;
        _connectionId = null;
        Multiplexing.ConnectionIdentity identity = Stream.Connection.Identity;

        // Never null: what trusts forwarded headers from an unknown address would trust a forged one. Nor, at an agent, the address that its socket is
        // connected to: the next hop is no caller, and often enough a proxy or a port forward on 127.0.0.1, whose word applications take for a local one.
        (_remoteAddress, _remotePort) = identity.RemoteEndPoint is IPEndPoint remote ? (remote.Address, remote.Port) : (IPAddress.None, 0);
        (_localAddress, _localPort) = identity.LocalEndPoint is IPEndPoint local ? (local.Address, local.Port) : (IPAddress.None, 0);
        _features.Reset();
        InitializeUpgrade();
    }

    /// <summary>
    /// The word of the side that was dialled is taken: its forwarder says where the application is for those who call it, and no header of theirs can say so. The word
    /// of whoever dialled in is not: an accepting side that serves has its place from its own server.
    /// </summary>
    private string PathBaseFor(string prefix) =>
        Stream.Connection.IsDialler && prefix is ['/', _, ..] && prefix[^1] != '/' && PathDecoder.TryDecode(prefix, out string path, out string query) && query.Length == 0
            ? path
            : "";

    /// <summary>Lets go of what came from the peer: an exchange may wait long for its next request, beside many others.</summary>
    private void ForgetRequest()
    {
        _offer?.Detach();
        _offer = null;
        _request.Clear();
        _path = _request.Path;
        _query = _request.Query;
        _rawTarget = _request.RawTarget;
        _requestHeaders = null;
        _routeValues = null;
    }

    private void ThrowIfStarted(string what)
    {
        if (_stage != ResponseStage.NotStarted)
        {
            throw new InvalidOperationException($"{what} cannot be set because the response has already started.");
        }
    }
}
