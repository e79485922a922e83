using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SocketRest.Cli.Hub.Authentication;
using SocketRest.Cli.Management.Access;

namespace SocketRest.Cli.Hub.SignIn;

/// <summary>Where a person shows the key for an agent's pages: under the hub's own name, for under an agent's a script of the agent could be looking on.</summary>
internal sealed class SignInEndpoints(HubOptions options, Visitors visitors, IEnumerable<ICredentialReader> readers, ILogger<HubAccessLog> log)
{
    private const int LargestForm = 64 * 1024;

    /// <summary>More than a hash has.</summary>
    private const int LongestBy = 64;

    private static readonly FormOptions s_form = new() { ValueCountLimit = 4, KeyLengthLimit = 16, ValueLengthLimit = 32 * 1024, BufferBodyLengthLimit = LargestForm };

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        SignInEndpoints signIn = ActivatorUtilities.CreateInstance<SignInEndpoints>(endpoints.ServiceProvider);
        RouteGroupBuilder pages = endpoints.MapGroup(AgentPlace.SignInPath).AllowAnonymous().ExcludeFromDescription();
        endpoints.ServiceProvider.GetRequiredService<HubGuard>().GuardPages(pages);
        pages.MapGet("", (RequestDelegate)signIn.AskAsync);
        pages.MapPost("", (RequestDelegate)signIn.TakeAsync);
    }

    private Task AskAsync(HttpContext context) => TryRead(context, out AgentPlace? place, out string target)
        ? VisitorPage.AskAsync(context, place!, target, By(context), error: null)
        : NoAgentAsync(context);

    private async Task TakeAsync(HttpContext context)
    {
        if (!TryRead(context, out AgentPlace? place, out string target))
        {
            await NoAgentAsync(context).ConfigureAwait(false);
            return;
        }

        if (!OwnPage.Asks(context.Request))
        {
            await Problem.WriteAsync(context, StatusCodes.Status403Forbidden, "other-page", "Another page asked to sign in.").ConfigureAwait(false);
            return;
        }

        string key = await KeyInAsync(context).ConfigureAwait(false);
        AuthenticateResult result = await AuthenticateAsync(context, key).ConfigureAwait(false);
        if (!result.Succeeded)
        {
            HubAccessLog.Refused(log, context.Connection.RemoteIpAddress, result.Failure?.Message ?? "No key was shown.");
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            await VisitorPage.AskAsync(context, place!, target, By(context), result.Failure?.Message ?? "This is no key.").ConfigureAwait(false);
            return;
        }

        if (!HubClaims.MayCall(result.Principal, place!.Agent))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            await VisitorPage.AskAsync(context, place, target, By(context), $"This key is not for calling {place.Agent}.").ConfigureAwait(false);
            return;
        }

        HubAccessLog.SignsIn(log, result.Principal.Identity?.Name, place.Agent);
        visitors.SignIn(context, place, ShownCredential.Of(key, result), target, By(context));
    }

    private static string? By(HttpContext context) => context.Request.Query["by"] is [{ Length: > 0 and <= LongestBy } by] ? by : null;

    private bool TryRead(HttpContext context, out AgentPlace? place, out string target)
    {
        string agent = context.Request.Query["agent"].ToString();
        place = AgentName.Fault(agent) is null ? AgentPlace.OfSignIn(agent, context.Request.Host, options) : null;
        target = place?.Local(context.Request.Query["to"].ToString()) ?? "";
        return place is not null;
    }

    private static Task NoAgentAsync(HttpContext context) =>
        Problem.WriteAsync(context, StatusCodes.Status400BadRequest, "bad-agent-name", "This is for the pages of an agent, and names none.");

    private static async Task<string> KeyInAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = LargestForm;
        }

        try
        {
            IFormCollection? form = context.Request.HasFormContentType
                ? await context.Request.ReadFormAsync(s_form, context.RequestAborted).ConfigureAwait(false)
                : null;
            return form?["key"].ToString().Trim() ?? "";
        }
        catch (InvalidDataException)
        {
            return "";
        }
    }

    /// <summary>As if the request had brought it itself, and nothing else.</summary>
    private async Task<AuthenticateResult> AuthenticateAsync(HttpContext context, string key)
    {
        context.Request.Headers.Remove("Authorization");
        context.Request.Headers[PresentedKey.Header] = key;
        foreach (ICredentialReader reader in readers)
        {
            if (reader is not CertificateReader && await reader.ReadAsync(context).ConfigureAwait(false) is { None: false } result)
            {
                return result;
            }
        }

        return AuthenticateResult.NoResult();
    }
}
