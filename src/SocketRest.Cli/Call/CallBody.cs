using System.Net.Http.Headers;
using System.Text;
using SocketRest.Cli.Configuration;

namespace SocketRest.Cli.Call;

/// <summary>The body of a request: text, a file (<c>@file</c>), or the standard input (<c>-</c> or <c>@-</c>). Read while it is sent.</summary>
internal sealed record CallBody(string Given)
{
    public HttpContent Open(CommandEnvironment environment)
    {
        if (Given is "-" or "@-")
        {
            return With(new StreamContent(environment.OpenInput()), "application/octet-stream");
        }

        if (Given is ['@', .. var path])
        {
            try
            {
                return With(new StreamContent(File.OpenRead(path)), IsJsonFile(path) ? "application/json" : "application/octet-stream");
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new CommandException(ExitCode.Usage, $"The body's file {path} cannot be read: {exception.Message}", exception);
            }
        }

        bool isJson = Given.AsSpan().TrimStart() is ['{' or '[', ..];
        return With(new ByteArrayContent(Encoding.UTF8.GetBytes(Given)), isJson ? "application/json" : "text/plain; charset=utf-8");
    }

    private static bool IsJsonFile(string path) => Path.GetExtension(path).Equals(".json", StringComparison.OrdinalIgnoreCase);

    private static HttpContent With(HttpContent content, string type)
    {
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return content;
    }
}
