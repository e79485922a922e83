namespace PetStore.Tests;

/// <summary>The ways to reach a pet store. The first says what the API does; the others have to give the same.</summary>
public enum Reach
{
    Kestrel,

    /// <summary>Through a tunnel, served by the side that accepted it.</summary>
    AcceptingSide,

    /// <summary>Through a tunnel, served by the side that dialled it.</summary>
    DiallingSide,
}
