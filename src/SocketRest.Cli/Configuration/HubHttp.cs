using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using SocketRest.Cli.Hub;
using SocketRest.Cli.Hub.Authentication;

namespace SocketRest.Cli.Configuration;

/// <summary>Asks a hub over HTTP, with the key, and makes sentences of what goes wrong. The answers may be the hub's or an agent's.</summary>
internal sealed class HubHttp : DelegatingHandler
{
    private const int LargestProblem = 64 * 1024;

    private readonly HubAddress _hub;
    private readonly string? _key;

    public HubHttp(HubAddress hub, string? key)
        : base(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(15),
        })
    {
        _hub = hub;
        _key = key;
    }

    /// <exception cref="CommandException">The hub cannot be reached.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (_key is not null)
        {
            // Not Authorization, which is for the agent.
            request.Headers.TryAddWithoutValidation(PresentedKey.Header, _key);
        }

        try
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            bool reached = exception is HttpRequestException
            {
                HttpRequestError: not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError),
            };
            throw reached
                ? new CommandException(ExitCode.Failure, $"The connection to the hub {_hub} broke off before there was an answer; the request may have been executed. {exception.Message}", exception)
                : new CommandException(ExitCode.HubUnreachable, $"The hub {_hub} cannot be reached: {exception.Message} Is it running, and is the address right?", exception);
        }
    }

    /// <summary>What went wrong at the hub, where the answer says that it is the hub's own; null where it is an agent's.</summary>
    public static async Task<CommandException?> FailureAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if ((int)response.StatusCode < 400 || response.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return null;
        }

        // An agent's own may be of any size, and is its answer: what was looked at here is still to be read after it.
        byte[] start = new byte[LargestProblem + 1];
        Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        Exception? broken = null;
        int length = 0;
        try
        {
            for (int count = -1; count != 0 && length < start.Length; length += count)
            {
                count = await body.ReadAsync(start.AsMemory(length), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException && !cancellationToken.IsCancellationRequested)
        {
            broken = exception;
        }

        var content = new StreamContent(new BegunStream(start.AsMemory(0, length), body, broken));
        foreach ((string name, HeaderStringValues values) in response.Content.Headers.NonValidated)
        {
            content.Headers.TryAddWithoutValidation(name, values);
        }

        response.Content = content;
        return length > LargestProblem || broken is not null ? null : Failure(response.StatusCode, Encoding.UTF8.GetString(start, 0, length));
    }

    /// <summary>The same of an answer that has been read.</summary>
    public static CommandException? Failure(HttpStatusCode status, string? body)
    {
        try
        {
            using JsonDocument problem = JsonDocument.Parse(body ?? "");
            return problem.RootElement.TryGetProperty("type", out JsonElement type)
                && type.GetString()?.StartsWith(Problem.TypePrefix, StringComparison.Ordinal) == true
                && problem.RootElement.TryGetProperty("detail", out JsonElement detail)
                ? new CommandException(Code(status), Printable.Line(detail.GetString() ?? ""))
                : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static ExitCode Code(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.MisdirectedRequest => ExitCode.Refused,
        HttpStatusCode.NotFound or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => ExitCode.AgentUnreachable,
        _ => ExitCode.Failure,
    };
}
