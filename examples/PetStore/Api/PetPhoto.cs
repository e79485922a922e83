namespace PetStore.Api;

/// <summary>A photo's bytes, kept in memory like everything in this store.</summary>
internal sealed record PetPhoto(byte[] Content, string ContentType, DateTimeOffset TakenAt)
{
    public const int MaxBytes = 5 * 1024 * 1024;

    public static readonly string[] ContentTypes = ["image/png", "image/jpeg"];
}
