using Microsoft.AspNetCore.Http.HttpResults;

namespace PetStore.Api;

internal static class PhotoEndpoints
{
    public static void MapPhotos(this IEndpointRouteBuilder routes)
    {
        var photos = routes.MapGroup("/pets/{id:long}/photo").WithTags("Photos");

        photos.MapPut("/", Upload).WithName("UploadPhoto")
            .Accepts<Stream>(PetPhoto.ContentTypes[0], PetPhoto.ContentTypes[1..])
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status415UnsupportedMediaType);
        photos.MapGet("/", Download).WithName("DownloadPhoto")
            .Produces<Stream>(StatusCodes.Status200OK, PetPhoto.ContentTypes[0], PetPhoto.ContentTypes[1..])
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    /// <summary>Stores a pet's photo: the body is the picture itself, at most 5 MiB.</summary>
    /// <param name="id">The pet's number.</param>
    private static async Task<Results<NoContent, ProblemHttpResult>> Upload(
        PetCatalog catalog, long id, Stream photo, HttpRequest request, CancellationToken cancellationToken)
    {
        // Looked up before the body is read: nobody waits for an upload to hear that there is no such pet.
        if (!catalog.TryGet(id, out _))
            return PetEndpoints.Unknown(id);
        if (await ReadAsync(photo, cancellationToken) is not { } content)
            return TypedResults.Problem("A photo has at most 5 MiB.", statusCode: StatusCodes.Status413PayloadTooLarge);
        return catalog.TrySetPhoto(id, content, request.ContentType!) ? TypedResults.NoContent() : PetEndpoints.Unknown(id);
    }

    /// <summary>Gets a pet's photo, as it was uploaded.</summary>
    /// <param name="id">The pet's number.</param>
    private static Results<FileContentHttpResult, ProblemHttpResult> Download(PetCatalog catalog, long id) =>
        catalog.TryGetPhoto(id, out var photo)
            ? TypedResults.File(photo.Content, photo.ContentType, lastModified: photo.TakenAt, enableRangeProcessing: true)
            : TypedResults.Problem($"There is no photo of a pet {id}.", statusCode: StatusCodes.Status404NotFound);

    /// <summary>The whole body, or null as soon as it is known to be too large.</summary>
    private static async Task<byte[]?> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream();
        var chunk = new byte[16 * 1024];
        while (await body.ReadAsync(chunk, cancellationToken) is > 0 and var read)
        {
            if (content.Length + read > PetPhoto.MaxBytes)
                return null;
            content.Write(chunk, 0, read);
        }

        return content.ToArray();
    }
}
