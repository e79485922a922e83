using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SocketRest.Multiplexing;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>Answers a tunnel's requests with the application that the host built.</summary>
internal sealed class PipelineServer : IStreamServer
{
    private readonly ApplicationCapture _capture;
    private readonly ContextFactory _contexts;
    private readonly DateHeader _date;

    public PipelineServer(ApplicationCapture capture, ContextFactory contexts, ServerTelemetry telemetry, ILoggerFactory loggers, IOptions<SocketRestServingOptions> options)
    {
        Telemetry = telemetry;
        _capture = capture;
        _contexts = contexts;
        _date = new DateHeader(TimeProvider.System);
        Options = options.Value;
        Logger = loggers.CreateLogger("SocketRest.AspNetCore.Pipeline");
    }

    public SocketRestServingOptions Options { get; }

    public ServerTelemetry Telemetry { get; }

    public string Date => _date.Value;

    public ILogger Logger { get; }

    public RequestDelegate Application => _capture.Application;

    public IServerExchange CreateExchange(TunnelStream stream) => new ServerExchange(this, stream);

    public HttpContext CreateContext(IFeatureCollection features, ref DefaultHttpContext? kept) => _contexts.Create(features, ref kept);

    public void DisposeContext(HttpContext context) => _contexts.Dispose(context);
}
