using System.Net;
using System.Net.Http.Json;
using System.Text;
using PetStore.Client;

namespace PetStore.Tests;

public abstract class PetsTests(Reach reach)
{
    [Fact]
    public async Task A_pet_is_added_read_changed_and_removed()
    {
        await using var server = await PetStoreServer.StartAsync(reach);
        var pets = server.Client;

        var added = await pets.AddPetAsync(new PetDetails
        {
            Name = "Žofka",
            Species = "cat",
            Status = PetStatus.Reserved,
            Tags = ["calm", "old"],
            BornOn = new DateOnly(2019, 2, 28),
        });
        var read = await pets.GetPetAsync(added.Id);
        Assert.Equal("Žofka", read.Name);
        Assert.Equal("cat", read.Species);
        Assert.Equal(PetStatus.Reserved, read.Status);
        Assert.Equal(["calm", "old"], read.Tags);
        Assert.Equal(new DateOnly(2019, 2, 28), read.BornOn);
        Assert.False(read.HasPhoto);

        var changed = await pets.UpdatePetAsync(added.Id, new PetDetails { Name = "Žofka", Species = "cat", Status = PetStatus.Sold });
        Assert.Equal(added.Id, changed.Id);
        Assert.Equal(PetStatus.Sold, changed.Status);
        Assert.Empty(changed.Tags);
        Assert.Null(changed.BornOn);

        await pets.RemovePetAsync(added.Id);
        await AssertNotFoundAsync(() => pets.GetPetAsync(added.Id));
        Assert.NotEqual(added.Id, (await pets.AddPetAsync(PetStoreServer.Dog())).Id);
    }

    [Fact]
    public async Task A_new_pet_says_where_it_is()
    {
        await using var server = await PetStoreServer.StartAsync(reach);

        using var body = JsonContent.Create(PetStoreServer.Dog());
        using var response = await server.Http.PostAsync("pets", body);

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("/pets/1", response.Headers.Location!.AbsolutePath);
    }

    [Fact]
    public async Task The_list_is_filtered_and_limited()
    {
        await using var server = await PetStoreServer.StartAsync(reach);
        var pets = server.Client;
        await pets.AddPetAsync(PetStoreServer.Dog("Ash", "calm"));
        await pets.AddPetAsync(PetStoreServer.Dog("Bo", "wild"));
        await pets.AddPetAsync(new PetDetails { Name = "Cleo", Species = "cat", Status = PetStatus.Sold, Tags = ["Calm"] });

        Assert.Equal(["Ash", "Bo", "Cleo"], await NamesAsync(pets.ListPetsAsync()));
        Assert.Equal(["Ash", "Bo"], await NamesAsync(pets.ListPetsAsync(status: PetStatus.Available)));
        Assert.Equal(["Ash", "Cleo"], await NamesAsync(pets.ListPetsAsync(tag: "calm")));
        Assert.Equal(["Ash"], await NamesAsync(pets.ListPetsAsync(limit: 1)));
        Assert.Empty(await pets.ListPetsAsync(PetStatus.Reserved, "calm", 10));
    }

    [Fact]
    public async Task A_pet_that_is_not_there_is_not_found_with_the_reason()
    {
        await using var server = await PetStoreServer.StartAsync(reach);
        var pets = server.Client;

        var problem = await AssertNotFoundAsync(() => pets.GetPetAsync(99));
        Assert.Equal("There is no pet 99.", problem.Detail);
        await AssertNotFoundAsync(() => pets.UpdatePetAsync(99, PetStoreServer.Dog()));
        await AssertNotFoundAsync(() => pets.RemovePetAsync(99));
    }

    [Fact]
    public async Task Details_that_break_the_rules_are_answered_by_field()
    {
        await using var server = await PetStoreServer.StartAsync(reach);

        var refused = await Assert.ThrowsAsync<ApiException<HttpValidationProblemDetails>>(
            () => server.Client.AddPetAsync(new PetDetails { Name = new string('x', 61), Species = "", Tags = [] }));

        Assert.Equal(400, refused.StatusCode);
        Assert.Equal(["Name", "Species"], refused.Result.Errors.Keys.Order());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(101)]
    public async Task A_limit_out_of_range_is_refused(int limit)
    {
        await using var server = await PetStoreServer.StartAsync(reach);

        var refused = await Assert.ThrowsAsync<ApiException<HttpValidationProblemDetails>>(() => server.Client.ListPetsAsync(limit: limit));

        Assert.Equal(["limit"], refused.Result.Errors.Keys);
    }

    [Theory]
    [InlineData("Production", "{")]
    [InlineData("Development", "{")]
    [InlineData("Production", "")]
    [InlineData("Production", """{"name":"Rex","species":"dog"}""")]
    [InlineData("Production", """{"name":null,"species":"dog","status":"Available","tags":[]}""")]
    [InlineData("Production", """{"name":"Rex","species":"dog","status":"Available","tags":null}""")]
    [InlineData("Production", """{"name":"Rex","species":"dog","status":"Eaten","tags":[]}""")]
    public async Task A_body_that_is_no_pet_is_a_bad_request_with_problem_details(string environment, string json)
    {
        await using var server = await PetStoreServer.StartAsync(reach, environment);

        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await server.Http.PostAsync("pets", body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Many_callers_at_once_lose_no_pet_and_share_no_number()
    {
        await using var server = await PetStoreServer.StartAsync(reach);

        var ids = await Task.WhenAll(Enumerable.Range(0, 100).Select(async _ =>
        {
            var pet = await server.Client.AddPetAsync(PetStoreServer.Dog());
            await server.Client.UpdatePetAsync(pet.Id, PetStoreServer.Dog("Renamed"));
            return pet.Id;
        }));

        Assert.Equal(100, ids.Distinct().Count());
        Assert.All(await server.Client.ListPetsAsync(limit: 100), pet => Assert.Equal("Renamed", pet.Name));
        var store = await server.Client.GetStoreAsync();
        Assert.Equal(("test", Environment.ProcessId, 100), (store.Name, store.ProcessId, store.Pets));
    }

    private static async Task<IEnumerable<string>> NamesAsync(Task<ICollection<Pet>> pets) => (await pets).Select(pet => pet.Name);

    private static async Task<ProblemDetails> AssertNotFoundAsync(Func<Task> call)
    {
        var missing = await Assert.ThrowsAsync<ApiException<ProblemDetails>>(call);
        Assert.Equal(404, missing.StatusCode);
        return missing.Result;
    }
}

public sealed class Pets_over_Kestrel() : PetsTests(Reach.Kestrel);

public sealed class Pets_of_the_accepting_side() : PetsTests(Reach.AcceptingSide);

public sealed class Pets_of_the_dialling_side() : PetsTests(Reach.DiallingSide);
