using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SocketRest.Cli.Management.Recording;

/// <summary>
/// Stands in for the server's features through which the bodies of one request go. Those that the request does not need are left alone: a GET costs one object and
/// what its response is written with.
/// </summary>
internal sealed class MeteredExchange : IHttpResponseBodyFeature, IRequestBodyPipeFeature, IHttpUpgradeFeature, IHttpExtendedConnectFeature
{
    private readonly IHttpResponseBodyFeature _response;
    private readonly PipeReader? _requestReader;
    private readonly IHttpUpgradeFeature? _upgrade;
    private readonly IHttpExtendedConnectFeature? _connect;
    private Stream? _responseStream;
    private PipeWriter? _responseWriter;

    private MeteredExchange(HttpContext context, int keep)
    {
        IFeatureCollection features = context.Features;
        Request = new BodyMeter(keep);
        Response = new BodyMeter(keep, () => ForwarderAnswer.Keep(context.Response));
        KeepsBodies = keep > 0;
        _response = features.GetRequiredFeature<IHttpResponseBodyFeature>();
        features.Set<IHttpResponseBodyFeature>(this);
        if (features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false })
        {
            Stream body = context.Request.Body;
            _requestReader = new MeteredReader(context.Request.BodyReader, Request);
            context.Request.Body = new MeteredStream(body, Request, written: null);
            features.Set<IRequestBodyPipeFeature>(this);
        }

        if (features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade)
        {
            _upgrade = upgrade;
            features.Set<IHttpUpgradeFeature>(this);
        }

        if (features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect)
        {
            _connect = connect;
            features.Set<IHttpExtendedConnectFeature>(this);
        }
    }

    /// <summary>Whether somebody asked for bodies.</summary>
    public bool KeepsBodies { get; }

    public BodyMeter Request { get; }

    public BodyMeter Response { get; }

    public Stream Stream => _responseStream ??= new MeteredStream(_response.Stream, read: null, Response);

    public PipeWriter Writer => _responseWriter ??= new MeteredWriter(_response.Writer, Response);

    public PipeReader Reader => _requestReader!;

    public bool IsUpgradableRequest => true;

    public bool IsExtendedConnect => true;

    public string? Protocol => _connect!.Protocol;

    /// <summary>Puts itself between the request and whoever answers it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="keep">How much of each body to keep.</param>
    public static MeteredExchange Begin(HttpContext context, int keep) => new(context, keep);

    /// <summary>Steps aside: what comes after may replace the features in turn.</summary>
    public void End(HttpContext context)
    {
        if (context.Features.Get<IHttpResponseBodyFeature>() == this)
        {
            context.Features.Set(_response);
        }
    }

    public void DisableBuffering() => _response.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken = default) => _response.StartAsync(cancellationToken);

    public Task CompleteAsync() => _response.CompleteAsync();

    public async Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default)
    {
        await _response.SendFileAsync(path, offset, count, cancellationToken).ConfigureAwait(false);
        Response.Add(count ?? (new FileInfo(path).Length - offset));
    }

    public async Task<Stream> UpgradeAsync() => new MeteredStream(await _upgrade!.UpgradeAsync().ConfigureAwait(false), Request, Response);

    public async ValueTask<Stream> AcceptAsync() => new MeteredStream(await _connect!.AcceptAsync().ConfigureAwait(false), Request, Response);
}
