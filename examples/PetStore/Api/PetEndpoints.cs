using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;

namespace PetStore.Api;

internal static class PetEndpoints
{
    public static void MapPets(this IEndpointRouteBuilder routes)
    {
        var pets = routes.MapGroup("/pets").WithTags("Pets");

        pets.MapGet("/", List).WithName("ListPets").ProducesValidationProblem();
        pets.MapPost("/", Add).WithName("AddPet").ProducesValidationProblem();
        pets.MapGet("/{id:long}", Get).WithName("GetPet").ProducesProblem(StatusCodes.Status404NotFound);
        pets.MapPut("/{id:long}", Update).WithName("UpdatePet").ProducesValidationProblem().ProducesProblem(StatusCodes.Status404NotFound);
        pets.MapDelete("/{id:long}", Remove).WithName("RemovePet").ProducesProblem(StatusCodes.Status404NotFound);
    }

    public static ProblemHttpResult Unknown(long id) =>
        TypedResults.Problem($"There is no pet {id}.", statusCode: StatusCodes.Status404NotFound);

    /// <summary>Lists pets by number.</summary>
    /// <param name="status">Only pets that stand there.</param>
    /// <param name="tag">Only pets with this tag, whatever its case.</param>
    /// <param name="limit">At most so many.</param>
    private static Ok<IReadOnlyList<Pet>> List(
        PetCatalog catalog, PetStatus? status = null, string? tag = null, [Range(1, 100)] int limit = 20) =>
        TypedResults.Ok(catalog.List(status, tag, limit));

    /// <summary>Adds a pet and gives it a number.</summary>
    private static CreatedAtRoute<Pet> Add(PetCatalog catalog, PetDetails details)
    {
        var pet = catalog.Add(details);
        return TypedResults.CreatedAtRoute(pet, "GetPet", new { id = pet.Id });
    }

    /// <summary>Gets one pet.</summary>
    /// <param name="id">The pet's number.</param>
    private static Results<Ok<Pet>, ProblemHttpResult> Get(PetCatalog catalog, long id) =>
        catalog.TryGet(id, out var pet) ? TypedResults.Ok(pet) : Unknown(id);

    /// <summary>Replaces what is known of a pet; its photo stays.</summary>
    /// <param name="id">The pet's number.</param>
    private static Results<Ok<Pet>, ProblemHttpResult> Update(PetCatalog catalog, long id, PetDetails details) =>
        catalog.TryUpdate(id, details, out var pet) ? TypedResults.Ok(pet) : Unknown(id);

    /// <summary>Removes a pet and its photo.</summary>
    /// <param name="id">The pet's number.</param>
    private static Results<NoContent, ProblemHttpResult> Remove(PetCatalog catalog, long id) =>
        catalog.TryRemove(id) ? TypedResults.NoContent() : Unknown(id);
}
