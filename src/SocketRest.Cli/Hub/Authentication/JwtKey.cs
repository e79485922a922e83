using System.Security.Cryptography;

namespace SocketRest.Cli.Hub.Authentication;

/// <summary>One public key. What it verifies follows from what it is, never from what a token says.</summary>
internal sealed record JwtKey(string? Id, string? Algorithm, AsymmetricAlgorithm Key)
{
    public bool Allows(string algorithm) =>
        (Algorithm is null || Algorithm == algorithm) && (Key is RSA ? algorithm is "RS256" or "PS256" : algorithm is "ES256");

    public bool Verifies(string algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) => Key switch
    {
        RSA rsa => rsa.VerifyData(data, signature, HashAlgorithmName.SHA256, algorithm == "PS256" ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1),
        ECDsa curve => curve.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
        _ => false,
    };
}
