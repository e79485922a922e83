using System.Net;
using System.Text.Json;
using SocketRest.Cli.Hub;
using SocketRest.Cli.Hub.Authentication;

namespace SocketRest.Cli.Configuration;

/// <summary>Asks a hub over HTTP, and makes sentences of its refusals.</summary>
internal sealed class HubHttp(HubAddress hub, string? key) : IDisposable
{
    private const int LargestProblem = 64 * 1024;

    private readonly HttpMessageInvoker _invoker = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(15),
    });

    /// <summary>Sends the request with the key. The answer may be the hub's or an agent's.</summary>
    /// <exception cref="CommandException">The hub cannot be reached.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (key is not null)
        {
            // Not Authorization, which is for the agent.
            request.Headers.TryAddWithoutValidation(PresentedKey.Header, key);
        }

        try
        {
            return await _invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            bool reached = exception is HttpRequestException
            {
                HttpRequestError: not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError),
            };
            throw reached
                ? new CommandException(ExitCode.Failure, $"The connection to the hub {hub} broke off before there was an answer; the request may have been executed. {exception.Message}", exception)
                : new CommandException(ExitCode.HubUnreachable, $"The hub {hub} cannot be reached: {exception.Message} Is it running, and is the address right?", exception);
        }
    }

    /// <summary>What went wrong at the hub, where the answer says that it is the hub's own; null where it is an agent's.</summary>
    public static async Task<CommandException?> FailureAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if ((int)response.StatusCode < 400 || response.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return null;
        }

        try
        {
            await response.Content.LoadIntoBufferAsync(LargestProblem, cancellationToken).ConfigureAwait(false);
            using JsonDocument problem = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false));
            return problem.RootElement.TryGetProperty("type", out JsonElement type)
                && type.GetString()?.StartsWith(Problem.TypePrefix, StringComparison.Ordinal) == true
                && problem.RootElement.TryGetProperty("detail", out JsonElement detail)
                ? new CommandException(Code(response.StatusCode), detail.GetString() ?? "")
                : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or HttpRequestException)
        {
            return null;
        }
    }

    public void Dispose() => _invoker.Dispose();

    private static ExitCode Code(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.MisdirectedRequest => ExitCode.Refused,
        HttpStatusCode.NotFound or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => ExitCode.AgentUnreachable,
        _ => ExitCode.Failure,
    };
}
