using System.Text.Json.Serialization;

namespace PetStore.Api;

/// <summary>Where a pet stands in the store.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PetStatus>))]
public enum PetStatus
{
    Available,
    Reserved,
    Sold,
}
