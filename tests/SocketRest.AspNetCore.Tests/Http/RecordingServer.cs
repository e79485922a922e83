using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SocketRest.AspNetCore.Tests.Http;

/// <summary>
/// A real Kestrel that does what the query of a request asks for (status, location, set = a cookie, coding), whatever its path, and
/// remembers what it saw.
/// </summary>
public sealed class RecordingServer : IAsyncLifetime
{
    private readonly List<string> _seen = [];
    private WebApplication? _app;

    public string Address => _app!.Urls.First();

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(AnswerAsync);
        await _app.StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
    }

    public IReadOnlyList<string> TakeSeen()
    {
        lock (_seen)
        {
            string[] seen = [.. _seen];
            _seen.Clear();
            return seen;
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        using var reader = new StreamReader(request.Body);
        var body = await reader.ReadToEndAsync();
        var headers = request.Headers.Where(h => h.Key is not "traceparent").OrderBy(h => h.Key).Select(h => $"{h.Key}={h.Value}");
        lock (_seen)
            _seen.Add($"{request.Method} {request.Path}{request.QueryString} [{string.Join(", ", headers)}] {body}");

        var query = request.Query;
        if (query.ContainsKey("status"))
            context.Response.StatusCode = int.Parse(query["status"]!, null);
        if (query.ContainsKey("location"))
            context.Response.Headers.Location = query["location"];
        if (query.ContainsKey("set"))
            context.Response.Headers.SetCookie = query["set"];
        if (query.ContainsKey("coding"))
        {
            context.Response.Headers.ContentEncoding = query["coding"];
            context.Response.ContentType = "text/plain";
            var coded = Coding.Encode("some text, some text", query["coding"].ToString().Split(", "));
            context.Response.ContentLength = coded.Length;
            if (!HttpMethods.IsHead(request.Method))
                await context.Response.Body.WriteAsync(coded);
        }
        else if (context.Response.StatusCode is not 304)
        {
            await context.Response.WriteAsync("answer to " + request.Path);
        }
    }
}
