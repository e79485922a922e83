using System.Runtime.CompilerServices;

namespace SocketRest.Protocol.Hpack;

/// <summary>Where the last block's fields were found, by their place in it: the next block tends to have the same in the same places.</summary>
[InlineArray(Count)]
internal struct FieldGuesses
{
    public const int Count = 16;

    private FieldGuess _first;
}
