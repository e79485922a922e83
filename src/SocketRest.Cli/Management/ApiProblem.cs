using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace SocketRest.Cli.Management;

/// <summary>What went wrong at an address of the management API or the dashboard, as RFC 9457 has it.</summary>
internal static class ApiProblem
{
    public static ProblemHttpResult Of(int status, string title, string detail) => TypedResults.Problem(detail, statusCode: status, title: title);

    public static ProblemHttpResult NotFound(string detail) => Of(StatusCodes.Status404NotFound, "Not found.", detail);

    public static ProblemHttpResult NoAgent(string id) => NotFound($"There is no connection '{id}'. It may have ended; an agent that dials again has a new one.");

    public static ProblemHttpResult Bad(string detail) => Of(StatusCodes.Status400BadRequest, "The request is not one that the API knows.", detail);
}
