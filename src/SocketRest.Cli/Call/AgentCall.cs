using System.Net.Http.Headers;
using System.Text;
using SocketRest.Cli.Configuration;

namespace SocketRest.Cli.Call;

/// <summary>Sends the request, and writes the answer as it comes.</summary>
internal sealed class AgentCall(CommandEnvironment environment, CallOptions options)
{
    public async Task<ExitCode> RunAsync(CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = Request();
        using var hub = new HttpMessageInvoker(new HubHttp(options.Hub, options.Key));
        using HttpResponseMessage response = await hub.SendAsync(request, cancellationToken).ConfigureAwait(false);
        CommandException? failure = await HubHttp.FailureAsync(response, cancellationToken).ConfigureAwait(false);
        if (failure is not null && !options.Include)
        {
            throw failure;
        }

        bool failed = options.Fail && (int)response.StatusCode >= 400;
        if (failed && !options.Include)
        {
            throw HttpError(response);
        }

        await WriteAsync(response, withBody: !failed, cancellationToken).ConfigureAwait(false);
        return failure?.ExitCode ?? (failed ? throw HttpError(response) : ExitCode.Success);
    }

    private HttpRequestMessage Request()
    {
        string address = $"{options.Hub.AgentUri(options.Agent).GetLeftPart(UriPartial.Path).TrimEnd('/')}{options.Target}";
        var request = new HttpRequestMessage(options.Method, new Uri(address, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }))
        {
            Content = options.Body?.Open(environment),
        };
        foreach ((string name, string value) in options.Fields)
        {
            // Of a field that there is already the user's word counts: the content's type.
            if (request.Content?.Headers.NonValidated.Contains(name) == true)
            {
                request.Content.Headers.Remove(name);
            }

            if (!request.Headers.TryAddWithoutValidation(name, value) && request.Content?.Headers.TryAddWithoutValidation(name, value) != true)
            {
                throw new CommandException(ExitCode.Usage, $"-H: the field '{name}' describes a body, and there is none (-d).");
            }
        }

        return request;
    }

    private async Task WriteAsync(HttpResponseMessage response, bool withBody, CancellationToken cancellationToken)
    {
        Stream output = Open();
        await using (output.ConfigureAwait(false))
        {
            if (options.Include)
            {
                await output.WriteAsync(Head(response), cancellationToken).ConfigureAwait(false);
                await output.FlushAsync(cancellationToken).ConfigureAwait(false);
            }

            if (!withBody)
            {
                return;
            }

            try
            {
                using var body = new RelayContent(response.Content, static _ => { });
                await body.CopyToAsync(output, cancellationToken).ConfigureAwait(false);
                await output.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is HttpRequestException or HttpIOException)
            {
                throw new CommandException(ExitCode.AgentUnreachable, "The answer broke off: what was written is not all of it.", exception);
            }
        }
    }

    private Stream Open()
    {
        try
        {
            return options.OutputFile is { } path ? File.Create(path) : environment.OpenOutput();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Failure, $"-o: {options.OutputFile} cannot be written: {exception.Message}", exception);
        }
    }

    private static byte[] Head(HttpResponseMessage response)
    {
        var head = new StringBuilder($"HTTP/{response.Version} {(int)response.StatusCode} {response.ReasonPhrase}\n");
        foreach ((string name, HeaderStringValues values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            foreach (string value in values)
            {
                head.Append(name).Append(": ").Append(value).Append('\n');
            }
        }

        return Encoding.UTF8.GetBytes(head.Append('\n').ToString());
    }

    private static CommandException HttpError(HttpResponseMessage response) =>
        new(ExitCode.HttpError, $"The agent answered {(int)response.StatusCode} {response.ReasonPhrase}.");
}
