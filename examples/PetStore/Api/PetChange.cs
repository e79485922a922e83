namespace PetStore.Api;

/// <summary>One entry of the store's change log.</summary>
/// <param name="Sequence">Rises by one with each change; <c>after</c> continues behind it.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Pet">The pet as it was left by the change.</param>
public sealed record PetChange(long Sequence, PetChangeKind Kind, Pet Pet);

public enum PetChangeKind
{
    Added,
    Updated,
    Removed,
}
