using Microsoft.AspNetCore.Http;

namespace SocketRest.Cli.Management.Access;

/// <summary>Tells when a person looks at the answer: a page that is opened in a window of its own.</summary>
internal static class Navigation
{
    public static bool Is(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
        && request.Headers["Sec-Fetch-Dest"].ToString() is "" or "document"
        && request.Headers.Upgrade.Count == 0;
}
