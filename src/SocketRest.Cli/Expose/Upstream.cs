using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using SocketRest.Cli.Configuration;

namespace SocketRest.Cli.Expose;

/// <summary>
/// Passes requests from the tunnel on to the local service, and its answers back, as they are: no redirects, cookies, compression or proxies of its own, and the target byte for byte.
/// </summary>
internal sealed class Upstream : IDisposable
{
    private readonly UpstreamOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<ExposedRequest> _finished;
    private readonly HttpMessageInvoker _invoker;
    private readonly string _prefix;

    /// <param name="options">The service.</param>
    /// <param name="time">Measures.</param>
    /// <param name="finished">Told of each request when it is over.</param>
    public Upstream(UpstreamOptions options, TimeProvider time, Action<ExposedRequest> finished)
    {
        _options = options;
        _time = time;
        _finished = finished;
        _prefix = options.Address.GetLeftPart(UriPartial.Path).TrimEnd('/');
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = options.ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.UTF8,

            // The caller's own trace fields pass; others are not added.
            ActivityHeadersPropagator = null,
        };
        if (options.Insecure)
        {
#pragma warning disable CA5359 // Asked for by name.
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        _invoker = new HttpMessageInvoker(handler);
    }

    public void Dispose() => _invoker.Dispose();

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var seen = new ExposedRequest(request.Headers.Protocol is { } protocol ? protocol : request.Method.Method, request.RequestUri!.PathAndQuery, _time.GetUtcNow());
        long begun = _time.GetTimestamp();
        HttpResponseMessage response;
        try
        {
            response = UpgradeRelay.IsOffer(request) ? await PassOfferAsync(request, seen, cancellationToken).ConfigureAwait(false)
                : request.Headers.Protocol is null ? await PassAsync(request, seen, cancellationToken).ConfigureAwait(false)
                : await new UpgradeRelay(_invoker, _options.Http2, _time).PassAsync(Convert(request, content: null), request, seen, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested)
        {
            seen.Failure = "the caller gave up";
            Finish(seen, begun);
            throw new OperationCanceledException(seen.Failure, exception, cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException)
        {
            seen.Failure = Reason(exception);
            response = Problem(exception);
        }
        catch (Exception exception)
        {
            seen.Failure = Reason(exception);
            Finish(seen, begun);
            throw;
        }

        seen.Status = (int)response.StatusCode;
        if (response.Content is not DuplexContent)
        {
            response.Content = new RelayContent(
                response.Content, seen.AddOut, exception => seen.Failure ??= cancellationToken.IsCancellationRequested ? "the caller gave up" : Reason(exception), () => Finish(seen, begun));
        }
        else
        {
            ((DuplexContent)response.Content).Over = () => Finish(seen, begun);
            seen.Status = (int)HttpStatusCode.SwitchingProtocols;
        }

        return response;
    }

    private async Task<HttpResponseMessage> PassAsync(HttpRequestMessage request, ExposedRequest seen, CancellationToken cancellationToken)
    {
        // Not disposed: an answer may come while the request's content is still on its way.
        HttpRequestMessage converted = Convert(request, request.Content is { } content ? new RelayContent(content, seen.AddIn) : null);
        HttpResponseMessage response = await _invoker.SendAsync(converted, cancellationToken).ConfigureAwait(false);
        try
        {
            Clean(response);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private async Task<HttpResponseMessage> PassOfferAsync(HttpRequestMessage request, ExposedRequest seen, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await new UpgradeRelay(_invoker, _options.Http2, _time)
            .PassOfferAsync(Convert(request, content: null), request, seen, cancellationToken).ConfigureAwait(false);
        Clean(response);
        return response;
    }

    private HttpRequestMessage Convert(HttpRequestMessage request, HttpContent? content)
    {
        // Byte for byte: canonicalization would change what the caller asked for.
        var uri = new Uri(_prefix + request.RequestUri!.PathAndQuery, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var converted = new HttpRequestMessage(request.Method, uri)
        {
            Content = content,
            Version = _options.Http2 || uri.Scheme == Uri.UriSchemeHttps ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = _options.Http2 ? HttpVersionPolicy.RequestVersionExact : HttpVersionPolicy.RequestVersionOrLower,
        };
        foreach ((string name, HeaderStringValues values) in request.Headers.NonValidated)
        {
            converted.Headers.TryAddWithoutValidation(name, values);
        }

        converted.Headers.Host = _options.PreserveHost ? request.RequestUri.Authority : null;
        return converted;
    }

    /// <summary>Takes out what concerns the connection to the service only: what Connection names; the tunnel leaves out the rest itself.</summary>
    private static void Clean(HttpResponseMessage response)
    {
        if (response.Headers.NonValidated.TryGetValues("Connection", out HeaderStringValues connection))
        {
            string[] named = [.. connection.SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];

            // By the names that there are: what a service puts in there need not be one.
            foreach (string name in response.Headers.NonValidated.Select(field => field.Key).Where(Names).ToArray())
            {
                response.Headers.Remove(name);
            }

            bool Names(string name) => named.Contains(name, StringComparer.OrdinalIgnoreCase);
        }
    }

    private void Finish(ExposedRequest seen, long begun)
    {
        if (seen.TryFinish(_time.GetElapsedTime(begun)))
        {
            _finished(seen);
        }
    }

    private static HttpResponseMessage Problem(Exception exception)
    {
        bool late = exception is OperationCanceledException;
        HttpStatusCode status = late ? HttpStatusCode.GatewayTimeout : HttpStatusCode.BadGateway;
        var problem = new JsonObject
        {
            ["type"] = $"{Hub.Problem.TypePrefix}{(late ? "service-timed-out" : "service-unreachable")}",
            ["title"] = late ? "Gateway Timeout" : "Bad Gateway",
            ["status"] = (int)status,
            ["detail"] = $"The service behind this agent does not answer: {Reason(exception)}",
        };
        return new HttpResponseMessage(status)
        {
            Headers = { CacheControl = new CacheControlHeaderValue { NoStore = true } },
            Content = new StringContent(problem.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/problem+json")),
        };
    }

    /// <summary>Why, without the local address, which is not the caller's business.</summary>
    private static string Reason(Exception exception) => exception switch
    {
        OperationCanceledException => "it does not take connections in time.",
        HttpRequestException { InnerException: System.Net.Sockets.SocketException socket } => $"{socket.Message}.",
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "its host is not known.",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => "the TLS connection to it fails; expose --insecure takes any certificate.",
        HttpRequestException { HttpRequestError: HttpRequestError.VersionNegotiationError or HttpRequestError.HttpProtocolError } => "it does not speak the version of HTTP that it is said to speak.",
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded or HttpRequestError.InvalidResponse } => "its answer broke off, or is no HTTP.",
        _ => "the connection to it broke off.",
    };
}
