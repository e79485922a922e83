namespace PetStore.Api;

/// <summary>A pet as the store knows it.</summary>
public sealed record Pet
{
    /// <summary>The store's own number, never given twice.</summary>
    /// <example>1</example>
    public required long Id { get; init; }

    /// <example>Biscuit</example>
    public required string Name { get; init; }

    /// <example>dog</example>
    public required string Species { get; init; }

    public required PetStatus Status { get; init; }

    /// <example>["calm", "good with children"]</example>
    public required IReadOnlyList<string> Tags { get; init; }

    /// <example>2024-05-17</example>
    public DateOnly? BornOn { get; init; }

    /// <summary>Whether <c>/pets/{id}/photo</c> has something to show.</summary>
    public required bool HasPhoto { get; init; }
}
