using System.Collections.Immutable;

namespace SocketRest.Cli.Keys;

/// <summary>A key as the hub knows it: without its secret. <see cref="Id"/> is none, it is what logs and lists show.</summary>
internal sealed record HubKey
{
    public required string Id { get; init; }

    public required KeyKind Kind { get; init; }

    /// <summary>The agents that it is about; of an operator's key none, for it is about all.</summary>
    public ImmutableArray<NamePattern> Names { get; init; } = [];

    /// <summary>SHA-256 of the whole key.</summary>
    public required ImmutableArray<byte> Hash { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>Whether the key is for that agent: to be it, or to call it.</summary>
    public bool IsFor(string agent)
    {
        foreach (NamePattern name in Names)
        {
            if (name.Matches(agent))
            {
                return true;
            }
        }

        return false;
    }
}
