namespace PetStore.Api;

internal sealed class PetStoreOptions
{
    public string Name { get; set; } = "Pet store";

    /// <summary>The pets that the store opens with.</summary>
    public IList<PetDetails> Pets { get; } = [];
}
