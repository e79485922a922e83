using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SocketRest.AspNetCore.Tests.Pipeline;

/// <summary>Lends the response headers of a real Kestrel that is told to send UTF-8, to have something to compare with.</summary>
public sealed class KestrelHeadersServer : IAsyncLifetime
{
    private WebApplication? _app;
    private Func<HttpResponse, Task>? _use;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.UTF8;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        _app = builder.Build();
        _app.Run(context => _use!(context.Response));
        await _app.StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
    }

    public async Task<T> UseAsync<T>(Func<HttpResponse, Task<T>> use)
    {
        var result = new TaskCompletionSource<T>();
        _use = async response =>
        {
            try
            {
                result.SetResult(await use(response));
            }
            catch (Exception error)
            {
                result.SetException(error);
            }
            finally
            {
                response.HttpContext.Abort();
            }
        };
        try
        {
            using var client = new HttpClient();
            await client.GetAsync(_app!.Urls.First());
        }
        catch (HttpRequestException)
        {
            // Aborted: only the headers were of interest.
        }

        return await result.Task;
    }
}
