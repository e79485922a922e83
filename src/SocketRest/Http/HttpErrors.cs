namespace SocketRest.Http;

/// <summary>Puts the tunnel's failures into the exceptions that users of <see cref="HttpClient"/> catch.</summary>
internal static class HttpErrors
{
    /// <summary>For a call that got no response.</summary>
    public static HttpRequestException ForRequest(SocketRestException exception) =>
        new(Classify(exception.ErrorCode), exception.Message, exception);

    /// <summary>For a body that broke off.</summary>
    public static HttpIOException ForBody(SocketRestException exception) =>
        new(Classify(exception.ErrorCode), exception.Message, exception);

    private static HttpRequestError Classify(SocketRestErrorCode code) => code switch
    {
        SocketRestErrorCode.ConnectionLost or SocketRestErrorCode.ConnectionClosed or SocketRestErrorCode.ConnectFailed
            or SocketRestErrorCode.Draining or SocketRestErrorCode.HeartbeatTimeout or SocketRestErrorCode.IdleTimeout
            or SocketRestErrorCode.Replaced or SocketRestErrorCode.ResumeFailed or SocketRestErrorCode.HandshakeTimeout
            or SocketRestErrorCode.HandshakeRefused or SocketRestErrorCode.NotSocketRest
            or SocketRestErrorCode.NotServed => HttpRequestError.ConnectionError,
        SocketRestErrorCode.UnknownAgent => HttpRequestError.NameResolutionError,
        SocketRestErrorCode.VersionNotSupported => HttpRequestError.VersionNegotiationError,
        SocketRestErrorCode.Unauthorized => HttpRequestError.UserAuthenticationError,
        SocketRestErrorCode.HeadersTooLarge or SocketRestErrorCode.StreamLimit => HttpRequestError.ConfigurationLimitExceeded,
        SocketRestErrorCode.MalformedMessage => HttpRequestError.InvalidResponse,
        SocketRestErrorCode.ApplicationAborted or SocketRestErrorCode.None => HttpRequestError.ResponseEnded,
        SocketRestErrorCode.InvalidRequest => HttpRequestError.Unknown,
        _ => HttpRequestError.HttpProtocolError,
    };
}
