using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using SocketRest.Cli.Management;

namespace SocketRest.Cli.Dashboard;

/// <summary>The dashboard's pages. They are open, for there is nothing in them: what they show they ask the API for, with the key that a person gave them.</summary>
internal static class DashboardEndpoints
{
    private const string Assets = HubManagementExtensions.Path + "/assets/";

    /// <param name="pages">What is mapped under <c>/_hub</c> and guarded as pages.</param>
    public static void Map(IEndpointRouteBuilder pages)
    {
        // A key that was shown here opens agents' pages too: with a form, since what answers sends the browser on to the agent's own name.
        HubManagementOptions options = pages.ServiceProvider.GetRequiredService<IOptions<HubManagementOptions>>().Value;
        string forms = string.Join(' ', ["'self'", .. options.AgentHosts.Select(host => host + ":*")]);
        pages.MapGet("/", context => IsDirectory(context) ? PageAsync(context, "index.html", forms, trusted: true) : RedirectAsync(context));
        pages.MapGet("/agents/{name}/swagger", context => PageAsync(context, "swagger.html", "'none'", trusted: false));
        pages.MapGet("/assets/{file}", context => AssetAsync(context, (string)context.GetRouteValue("file")!));
    }

    private static bool IsDirectory(HttpContext context) => context.Request.Path.Value!.EndsWith('/');

    private static Task RedirectAsync(HttpContext context)
    {
        // What the page loads it names relative to its directory.
        context.Response.Redirect($"{context.Request.PathBase}{HubManagementExtensions.Path}/");
        return Task.CompletedTask;
    }

    private static Task AssetAsync(HttpContext context, string name) => name.EndsWith(".html", StringComparison.Ordinal)
        ? ApiProblem.NotFound("There is nothing here.").ExecuteAsync(context)
        : SendAsync(context, name);

    private static Task PageAsync(HttpContext context, string name, string forms, bool trusted)
    {
        // Not 'self': agents have paths of this origin, and with them scripts.
        string assets = $"{context.Request.Scheme}://{context.Request.Host.ToUriComponent()}{context.Request.PathBase}{Assets}";
        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentSecurityPolicy =
            $"default-src 'none'; script-src {assets}; style-src {assets}{(trusted ? "" : " 'unsafe-inline'")}; img-src {assets}{(trusted ? "" : " data:")}; "
            + $"connect-src 'self'; base-uri 'none'; form-action {forms}; frame-ancestors 'none'{(trusted ? "; require-trusted-types-for 'script'; trusted-types 'none'" : "")}";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.XFrameOptions = "DENY";
        return SendAsync(context, name);
    }

    private static async Task SendAsync(HttpContext context, string name)
    {
        if (((DashboardFiles)context.RequestServices.GetService(typeof(DashboardFiles))!).Get(name) is not { } file)
        {
            await ApiProblem.NotFound("There is nothing here.").ExecuteAsync(context).ConfigureAwait(false);
            return;
        }

        HttpResponse response = context.Response;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        response.Headers.CacheControl = "no-cache";
        response.Headers.ETag = file.Tag;
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        if (context.Request.Headers.IfNoneMatch.Any(tags => tags?.Contains(file.Tag, StringComparison.Ordinal) == true))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = file.ContentType;
        bool compressed = TakesGzip(context.Request.Headers.AcceptEncoding);
        if (compressed)
        {
            response.Headers.ContentEncoding = "gzip";
        }

        byte[] bytes = compressed ? file.Compressed : file.Plain;
        response.ContentLength = bytes.Length;
        await response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
    }

    private static bool TakesGzip(StringValues accepted) =>
        StringWithQualityHeaderValue.TryParseList(accepted, out IList<StringWithQualityHeaderValue>? codings)
        && codings.Any(coding => coding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && coding.Quality is not 0);
}
