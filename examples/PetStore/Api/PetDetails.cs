using System.ComponentModel.DataAnnotations;

namespace PetStore.Api;

/// <summary>What a caller says about a pet, to add it or to replace what was said before.</summary>
public sealed record PetDetails
{
    /// <example>Biscuit</example>
    [StringLength(60, MinimumLength = 1)]
    public required string Name { get; init; }

    /// <example>dog</example>
    [StringLength(40, MinimumLength = 1)]
    public required string Species { get; init; }

    public required PetStatus Status { get; init; }

    /// <example>["calm", "good with children"]</example>
    [MaxLength(10)]
    public required IReadOnlyList<string> Tags { get; init; }

    /// <example>2024-05-17</example>
    public DateOnly? BornOn { get; init; }
}
