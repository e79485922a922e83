namespace PetStore.Api;

/// <summary>Who answers.</summary>
/// <param name="Name">The store's name.</param>
/// <param name="ProcessId">The process that the answer comes from.</param>
/// <param name="Pets">How many pets it has.</param>
public sealed record StoreInfo(string Name, int ProcessId, int Pets);
