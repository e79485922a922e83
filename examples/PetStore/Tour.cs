using System.Net.ServerSentEvents;
using System.Text.Json;
using PetStore.Client;

namespace PetStore;

/// <summary>
/// What a caller does with a pet store, said line by line. It only knows the generated client: neither it nor the client can tell a
/// tunnel from a direct connection.
/// </summary>
internal sealed class Tour(IPetStoreClient pets, CancellationToken cancellationToken)
{
    public async Task RunAsync(string expectedStore)
    {
        var store = await pets.GetStoreAsync(cancellationToken);
        Expect(store.Name == expectedStore, $"{store.Name} answered in place of {expectedStore}");
        Say($"'{store.Name}' answers, in process {store.ProcessId}");

        var known = await pets.ListPetsAsync(cancellationToken: cancellationToken);
        Expect(known.Count == store.Pets, "the list is not complete");
        Say($"it has {string.Join(", ", known.Select(pet => $"{pet.Name} the {pet.Species}"))}");

        var added = await AddAsync();
        await UploadAndDownloadAsync(added);
        await StreamAsync(added);
        await RemoveAsync(added);
    }

    private async Task<Pet> AddAsync()
    {
        var details = new PetDetails { Name = "Biscuit", Species = "dog", Status = PetStatus.Available, Tags = ["new"] };
        var added = await pets.AddPetAsync(details, cancellationToken);
        var found = await pets.ListPetsAsync(tag: "new", cancellationToken: cancellationToken);
        Expect(found.Any(pet => pet.Id == added.Id), "the new pet is not listed");
        Say($"added {added.Name} as pet {added.Id}");
        return added;
    }

    private async Task UploadAndDownloadAsync(Pet pet)
    {
        var picture = new byte[1024 * 1024];
        Random.Shared.NextBytes(picture);
        await pets.UploadPhotoAsync(pet.Id, new FileParameter(new MemoryStream(picture), null, "image/png"), cancellationToken);

        using var photo = await pets.DownloadPhotoAsync(pet.Id, cancellationToken);
        using var downloaded = new MemoryStream();
        await photo.Stream.CopyToAsync(downloaded, cancellationToken);
        Expect(picture.AsSpan().SequenceEqual(downloaded.ToArray()), "the photo came back changed");
        Say("uploaded a photo of 1 MiB and downloaded the same bytes");
    }

    /// <summary>Reads a stream that has no end, while another call makes what it is to send.</summary>
    private async Task StreamAsync(Pet pet)
    {
        using var response = await pets.StreamChangesAsync(follow: true, cancellationToken: cancellationToken);
        var sold = new PetDetails { Name = pet.Name, Species = pet.Species, Status = PetStatus.Sold, Tags = pet.Tags };
        await pets.UpdatePetAsync(pet.Id, sold, cancellationToken);

        var events = SseParser.Create(response.Stream, (_, data) => JsonSerializer.Deserialize<PetChange>(data)!);
        await foreach (var item in events.EnumerateAsync(cancellationToken))
        {
            if (item.Data.Pet.Id != pet.Id || item.Data.Pet.Status != PetStatus.Sold)
                continue;
            Say($"sold it, and saw change {item.Data.Sequence} arrive on the open stream of changes");
            return;
        }

        Expect(false, "the stream of changes ended");
    }

    private async Task RemoveAsync(Pet pet)
    {
        await pets.RemovePetAsync(pet.Id, cancellationToken);
        try
        {
            await pets.GetPetAsync(pet.Id, cancellationToken);
            Expect(false, "a removed pet is still there");
        }
        catch (ApiException<ProblemDetails> gone) when (gone.StatusCode == StatusCodes.Status404NotFound)
        {
            Say($"removed it; asking for it again gives {gone.StatusCode}, \"{gone.Result.Detail}\"");
        }
    }

    private static void Say(string what) => Console.WriteLine($"  {what}");

    private static void Expect(bool met, string otherwise)
    {
        if (!met)
            throw new InvalidOperationException(otherwise);
    }
}
