using System.Net;
using PetStore.Client;

namespace PetStore.Tests;

public abstract class PhotosTests(Reach reach)
{
    private const int MaxBytes = 5 * 1024 * 1024;

    [Fact]
    public async Task A_photo_comes_back_as_it_was_uploaded()
    {
        await using var server = await PetStoreServer.StartAsync(reach);
        var pets = server.Client;
        var pet = await pets.AddPetAsync(PetStoreServer.Dog());
        var picture = RandomBytes(MaxBytes);

        await pets.UploadPhotoAsync(pet.Id, Photo(picture, "image/jpeg"));

        using var photo = await pets.DownloadPhotoAsync(pet.Id);
        using var downloaded = new MemoryStream();
        await photo.Stream.CopyToAsync(downloaded);
        Assert.True(picture.AsSpan().SequenceEqual(downloaded.ToArray()));
        Assert.Equal(["image/jpeg"], photo.Headers["Content-Type"]);
        Assert.True((await pets.GetPetAsync(pet.Id)).HasPhoto);
    }

    [Fact]
    public async Task A_photo_stays_when_the_pet_is_changed_and_goes_with_it()
    {
        await using var server = await PetStoreServer.StartAsync(reach);
        var pets = server.Client;
        var pet = await pets.AddPetAsync(PetStoreServer.Dog());
        await AssertProblemAsync(404, () => pets.DownloadPhotoAsync(pet.Id));
        await pets.UploadPhotoAsync(pet.Id, Photo(RandomBytes(10), "image/png"));

        Assert.True((await pets.UpdatePetAsync(pet.Id, PetStoreServer.Dog("Renamed"))).HasPhoto);

        await pets.RemovePetAsync(pet.Id);
        await AssertProblemAsync(404, () => pets.DownloadPhotoAsync(pet.Id));
    }

    [Fact]
    public async Task A_photo_that_is_too_large_of_another_type_or_of_no_pet_is_refused()
    {
        await using var server = await PetStoreServer.StartAsync(reach);
        var pets = server.Client;
        var pet = await pets.AddPetAsync(PetStoreServer.Dog());

        await AssertProblemAsync(413, () => pets.UploadPhotoAsync(pet.Id, Photo(RandomBytes(MaxBytes + 1), "image/png")));
        await AssertProblemAsync(415, () => pets.UploadPhotoAsync(pet.Id, Photo(RandomBytes(10), "image/gif")));
        await AssertProblemAsync(404, () => pets.UploadPhotoAsync(99, Photo(RandomBytes(10), "image/png")));
        Assert.False((await pets.GetPetAsync(pet.Id)).HasPhoto);
    }

    [Fact]
    public async Task A_part_of_a_photo_can_be_asked_for()
    {
        await using var server = await PetStoreServer.StartAsync(reach);
        var pet = await server.Client.AddPetAsync(PetStoreServer.Dog());
        await server.Client.UploadPhotoAsync(pet.Id, Photo([1, 2, 3, 4, 5], "image/png"));

        using var request = new HttpRequestMessage(HttpMethod.Get, $"pets/{pet.Id}/photo") { Headers = { { "Range", "bytes=1-2" } } };
        using var response = await server.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Equal([2, 3], await response.Content.ReadAsByteArrayAsync());
    }

    private static FileParameter Photo(byte[] content, string contentType) => new(new MemoryStream(content), null, contentType);

    private static byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private static async Task AssertProblemAsync(int status, Func<Task> call) =>
        Assert.Equal(status, (await Assert.ThrowsAsync<ApiException<ProblemDetails>>(call)).StatusCode);
}

public sealed class Photos_over_Kestrel() : PhotosTests(Reach.Kestrel);

public sealed class Photos_of_the_accepting_side() : PhotosTests(Reach.AcceptingSide);

public sealed class Photos_of_the_dialling_side() : PhotosTests(Reach.DiallingSide);
