using PetStore.Api;

namespace PetStore;

/// <summary>What the two stores open with: not the same, so that an answer shows where it comes from.</summary>
internal static class Stock
{
    public static void Hub(PetStoreOptions store)
    {
        store.Name = "hub";
        store.Pets.Add(Pet("Ada", "parrot", PetStatus.Available, "talks"));
        store.Pets.Add(Pet("Kurt", "tortoise", PetStatus.Reserved, "calm", "old"));
        store.Pets.Add(Pet("Mila", "cat", PetStatus.Available, "calm"));
    }

    public static void Device(PetStoreOptions store, string name)
    {
        store.Name = name;
        store.Pets.Add(Pet("Ember", "salamander", PetStatus.Available, "likes it warm"));
        store.Pets.Add(Pet("Cinder", "gecko", PetStatus.Sold, "likes it warm"));
    }

    private static PetDetails Pet(string name, string species, PetStatus status, params string[] tags) =>
        new() { Name = name, Species = species, Status = status, Tags = tags };
}
