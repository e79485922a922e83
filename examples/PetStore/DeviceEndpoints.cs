using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using PetStore.Client;
using SocketRest.AspNetCore;

namespace PetStore;

/// <summary>What the hub knows of the devices that dialled in, and a look into their stores: the tunnel at work from the Swagger page.</summary>
internal static class DeviceEndpoints
{
    /// <summary>A document of its own: the client is generated from the store's API, which a device serves as well.</summary>
    public const string Document = "hub";

    public const string Title = "Devices that dialled in";

    public static void MapDevices(this IEndpointRouteBuilder routes)
    {
        var devices = routes.MapGroup("/devices").WithTags("Devices").WithGroupName(Document);
        devices.MapGet("/", List).WithName("ListDevices");
        devices.MapGet("/{name}/pets", ListPets).WithName("ListPetsOfDevice").ProducesProblem(StatusCodes.Status404NotFound);
    }

    /// <summary>Lists the devices that are connected.</summary>
    private static Ok<IEnumerable<ConnectedDevice>> List(SocketRestConnectionRegistry registry) =>
        TypedResults.Ok(registry.Connections.Where(one => one.Name is not null).Select(one => new ConnectedDevice(one.Name!, one.ConnectedAt)));

    /// <summary>Asks a device for its pets, on the connection that the device dialled.</summary>
    /// <param name="name">The device's name, such as kiln-7.</param>
    private static async Task<Results<Ok<ICollection<Pet>>, ProblemHttpResult>> ListPets(
        [DefaultValue(Device.DefaultName)] string name, SocketRestConnectionRegistry registry, CancellationToken cancellationToken)
    {
        if (!registry.TryGetByName(name, out var connection))
            return TypedResults.Problem($"There is no device {name} connected.", statusCode: StatusCodes.Status404NotFound);
        using var http = new HttpClient(connection.CreateHandler()) { BaseAddress = new Uri("http://petstore/") };
        return TypedResults.Ok(await new PetStoreClient(http).ListPetsAsync(cancellationToken: cancellationToken));
    }

    /// <param name="Name">The name that the device gave when it dialled.</param>
    /// <param name="ConnectedAt">When it did.</param>
    internal sealed record ConnectedDevice(string Name, DateTimeOffset ConnectedAt);
}
