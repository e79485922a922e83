using System.Net.ServerSentEvents;
using System.Text.Json;
using PetStore.Client;

namespace PetStore.Tests;

public abstract class ChangesTests(Reach reach)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Without_follow_the_stream_ends_with_the_last_known_change()
    {
        await using var server = await PetStoreServer.StartAsync(reach);
        var pet = await server.Client.AddPetAsync(PetStoreServer.Dog("Ash"));
        await server.Client.UpdatePetAsync(pet.Id, PetStoreServer.Dog("Bo"));
        await server.Client.RemovePetAsync(pet.Id);

        Assert.Equal(
            [(1, PetChangeKind.Added, "Ash"), (2, PetChangeKind.Updated, "Bo"), (3, PetChangeKind.Removed, "Bo")],
            await ReadAsync(server, after: 0));
        Assert.Equal([(3, PetChangeKind.Removed, "Bo")], await ReadAsync(server, after: 2));
        Assert.Empty(await ReadAsync(server, after: 3));
    }

    [Fact]
    public async Task With_follow_each_change_arrives_when_it_happens()
    {
        await using var server = await PetStoreServer.StartAsync(reach);
        using var timeout = new CancellationTokenSource(Patience);
        using var response = await server.Client.StreamChangesAsync(follow: true, cancellationToken: timeout.Token);
        await using var changes = Parse(response.Stream).GetAsyncEnumerator(timeout.Token);

        // One after the other: a stream that waits for more before it sends anything would hang here.
        for (var i = 1; i <= 3; i++)
        {
            await server.Client.AddPetAsync(PetStoreServer.Dog($"Dog {i}"));
            Assert.True(await changes.MoveNextAsync());
            Assert.Equal((i, PetChangeKind.Added, $"Dog {i}"), changes.Current);
        }
    }

    private static async Task<List<(long Sequence, PetChangeKind Kind, string Name)>> ReadAsync(PetStoreServer server, long after)
    {
        using var response = await server.Client.StreamChangesAsync(after);
        var changes = new List<(long, PetChangeKind, string)>();
        await foreach (var change in Parse(response.Stream))
            changes.Add(change);
        return changes;
    }

    private static async IAsyncEnumerable<(long Sequence, PetChangeKind Kind, string Name)> Parse(Stream events)
    {
        await foreach (var item in SseParser.Create(events, (_, data) => JsonSerializer.Deserialize<PetChange>(data)!).EnumerateAsync())
            yield return (item.Data.Sequence, item.Data.Kind, item.Data.Pet.Name);
    }
}

public sealed class Changes_over_Kestrel() : ChangesTests(Reach.Kestrel);

public sealed class Changes_of_the_accepting_side() : ChangesTests(Reach.AcceptingSide);

public sealed class Changes_of_the_dialling_side() : ChangesTests(Reach.DiallingSide);
