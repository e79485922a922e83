namespace PetStore.Api;

/// <summary>Where a pet stands in the store.</summary>
public enum PetStatus
{
    Available,
    Reserved,
    Sold,
}
