using System.Runtime.CompilerServices;

namespace SocketRest.Protocol.Hpack;

/// <summary>Remembers the hashes of a few fields that were sent as literals, so that the second sighting of one can be told.</summary>
[InlineArray(Count)]
internal struct RecentFields
{
    // A field that comes with every call has its slot taken by one of the call's unique fields now and then, and enters a call later.
    private const int Count = 64;

    private uint _first;

    /// <summary>Whether this hash was here before, lately; it is from now on.</summary>
    public bool Remember(uint hash)
    {
        // Zero is what an unused slot holds.
        hash |= 1;
        ref uint slot = ref this[(int)(hash >> 26)];
        if (slot == hash)
        {
            return true;
        }

        slot = hash;
        return false;
    }
}
