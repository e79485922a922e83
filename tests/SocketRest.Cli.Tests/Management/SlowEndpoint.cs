using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace SocketRest.Cli.Tests.Management;

internal static class SlowEndpoint
{
    /// <summary>Maps <c>/slow</c>, which says when it was entered and answers when it is told to.</summary>
    public static void MapGetSlow(this IEndpointRouteBuilder endpoints, TaskCompletionSource entered, Task answer) =>
        endpoints.MapGet("/slow", async () =>
        {
            entered.TrySetResult();
            await answer;
            return "slow";
        });
}
