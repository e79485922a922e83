using System.Diagnostics.CodeAnalysis;

namespace PetStore.Api;

/// <summary>The pets of one store, in memory. Every member may be called from any thread.</summary>
internal sealed class PetCatalog(PetChangeLog changes, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, Pet> _pets = [];
    private readonly Dictionary<long, PetPhoto> _photos = [];
    private long _lastId;

    public int Count
    {
        get
        {
            lock (_lock)
                return _pets.Count;
        }
    }

    public IReadOnlyList<Pet> List(PetStatus? status, string? tag, int limit)
    {
        lock (_lock)
        {
            return
            [
                .. _pets.Values
                    .Where(pet => status is null || pet.Status == status)
                    .Where(pet => tag is null || pet.Tags.Contains(tag, StringComparer.OrdinalIgnoreCase))
                    .Take(limit),
            ];
        }
    }

    public bool TryGet(long id, [NotNullWhen(true)] out Pet? pet)
    {
        lock (_lock)
            return _pets.TryGetValue(id, out pet);
    }

    public Pet Add(PetDetails details)
    {
        lock (_lock)
        {
            var pet = Describe(++_lastId, details);
            Put(PetChangeKind.Added, pet);
            return pet;
        }
    }

    public bool TryUpdate(long id, PetDetails details, [NotNullWhen(true)] out Pet? pet)
    {
        lock (_lock)
        {
            pet = _pets.ContainsKey(id) ? Describe(id, details) : null;
            if (pet is not null)
                Put(PetChangeKind.Updated, pet);
            return pet is not null;
        }
    }

    public bool TryRemove(long id)
    {
        lock (_lock)
        {
            if (!_pets.Remove(id, out var pet))
                return false;
            _photos.Remove(id);
            changes.Append(PetChangeKind.Removed, pet);
            return true;
        }
    }

    public bool TrySetPhoto(long id, byte[] content, string contentType)
    {
        lock (_lock)
        {
            if (!_pets.TryGetValue(id, out var pet))
                return false;
            _photos[id] = new PetPhoto(content, contentType, time.GetUtcNow());
            Put(PetChangeKind.Updated, pet with { HasPhoto = true });
            return true;
        }
    }

    public bool TryGetPhoto(long id, [NotNullWhen(true)] out PetPhoto? photo)
    {
        lock (_lock)
            return _photos.TryGetValue(id, out photo);
    }

    private Pet Describe(long id, PetDetails details) => new()
    {
        Id = id,
        Name = details.Name,
        Species = details.Species,
        Status = details.Status,
        Tags = details.Tags,
        BornOn = details.BornOn,
        HasPhoto = _photos.ContainsKey(id),
    };

    // Within the lock, so that the log has the changes in the order in which they were made.
    private void Put(PetChangeKind kind, Pet pet)
    {
        _pets[pet.Id] = pet;
        changes.Append(kind, pet);
    }
}
