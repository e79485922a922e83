using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace PetStore.Api;

internal static class StoreEndpoints
{
    public static void MapStore(this IEndpointRouteBuilder routes)
    {
        var store = routes.MapGroup("/store").WithTags("Store");

        store.MapGet("/", Get).WithName("GetStore");
        store.MapGet("/changes", Changes).WithName("StreamChanges")
            .Produces<Stream>(StatusCodes.Status200OK, "text/event-stream")
            .ProducesProblem(StatusCodes.Status400BadRequest);
    }

    /// <summary>Tells who answers.</summary>
    private static Ok<StoreInfo> Get(IOptions<PetStoreOptions> options, PetCatalog catalog) =>
        TypedResults.Ok(new StoreInfo(options.Value.Name, Environment.ProcessId, catalog.Count));

    /// <summary>Streams the store's changes as server-sent events; each carries a PetChange.</summary>
    /// <param name="after">Only changes behind this sequence number.</param>
    /// <param name="follow">Whether to stay and send each change as it happens, or to end with the last known one.</param>
    private static ServerSentEventsResult<PetChange> Changes(
        PetChangeLog changes, HttpResponse response, CancellationToken cancellationToken, long after = 0, bool follow = false) =>
        TypedResults.ServerSentEvents(Events(changes.ReadAsync(after, follow, cancellationToken), response, cancellationToken));

    private static async IAsyncEnumerable<SseItem<PetChange>> Events(
        IAsyncEnumerable<PetChange> changes, HttpResponse response, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The caller learns that it is connected now, and not with the first change.
        await response.Body.FlushAsync(cancellationToken);
        await foreach (var change in changes)
            yield return new SseItem<PetChange>(change, "change") { EventId = $"{change.Sequence}" };
    }
}
