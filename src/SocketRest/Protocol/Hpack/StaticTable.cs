using System.Text;

namespace SocketRest.Protocol.Hpack;

/// <summary>The static table of RFC 7541 appendix A, for both directions. Indexes begin at 1.</summary>
internal static class StaticTable
{
    public const int Count = 61;

    private const int SlotBits = 8;

    private static readonly DecodedField[] s_fields = CreateFields();

    // Open addressing with at most a quarter of the slots taken; 0 is an empty slot.
    private static readonly byte[] s_fieldSlots = new byte[1 << SlotBits];
    private static readonly byte[] s_nameSlots = new byte[1 << SlotBits];
    private static readonly uint[] s_fieldHashes = new uint[Count + 1];
    private static readonly IndexingPolicy[] s_policies = new IndexingPolicy[Count + 1];

    static StaticTable()
    {
        for (int index = 1; index <= Count; index++)
        {
            string name = s_fields[index].Name;
            string value = s_fields[index].Value;
            uint nameHash = FieldHash.OfName(name);
            if (FindName(nameHash, name) == 0)
            {
                Take(s_nameSlots, nameHash, index);
            }

            // An entry without a value stands for its name, but an empty value makes it a field too.
            s_fieldHashes[index] = FieldHash.OfField(nameHash, value);
            Take(s_fieldSlots, s_fieldHashes[index], index);
            s_policies[index] = PolicyFor(name);
        }
    }

    /// <summary>The field at an index from 1 to <see cref="Count"/>.</summary>
    public static ref readonly DecodedField Get(int index) => ref s_fields[index];

    /// <summary>The index of a whole field, or 0.</summary>
    public static int FindField(uint fieldHash, string name, string value)
    {
        for (uint slot = fieldHash >> (32 - SlotBits); ; slot++)
        {
            int index = s_fieldSlots[slot & ((1 << SlotBits) - 1)];
            if (index == 0)
            {
                return 0;
            }

            ref readonly DecodedField field = ref s_fields[index];
            if (s_fieldHashes[index] == fieldHash && field.Value == value && FieldHash.NamesEqual(field.Name, name))
            {
                return index;
            }
        }
    }

    /// <summary>The first index of a name, or 0.</summary>
    public static int FindName(uint nameHash, string name)
    {
        for (uint slot = nameHash >> (32 - SlotBits); ; slot++)
        {
            int index = s_nameSlots[slot & ((1 << SlotBits) - 1)];
            if (index == 0 || FieldHash.NamesEqual(s_fields[index].Name, name))
            {
                return index;
            }
        }
    }

    /// <summary>How the encoder treats the fields of a name, by the name's index; 0 is any name that is not in the table.</summary>
    public static IndexingPolicy GetPolicy(int nameIndex) => s_policies[nameIndex];

    private static void Take(byte[] slots, uint hash, int index)
    {
        uint slot = hash >> (32 - SlotBits);
        while (slots[slot & (slots.Length - 1)] != 0)
        {
            slot++;
        }

        slots[slot & (slots.Length - 1)] = (byte)index;
    }

    private static IndexingPolicy PolicyFor(string name) => name switch
    {
        KnownHeaders.Authority or "Accept" or "Content-Type" or "Date" or "Server" or "User-Agent" => IndexingPolicy.AtFirstSight,
        "Authorization" or "Proxy-Authorization" or "Set-Cookie" => IndexingPolicy.Never,
        "Cookie" => IndexingPolicy.Cookie,
        _ => IndexingPolicy.WhenRepeated,
    };

    private static DecodedField[] CreateFields()
    {
        ReadOnlySpan<(string Name, string Value)> table =
        [
            (KnownHeaders.Authority, ""), (KnownHeaders.Method, "GET"), (KnownHeaders.Method, "POST"), (KnownHeaders.Path, "/"),
            (KnownHeaders.Path, "/index.html"), (KnownHeaders.Scheme, "http"), (KnownHeaders.Scheme, "https"),
            (KnownHeaders.Status, "200"), (KnownHeaders.Status, "204"), (KnownHeaders.Status, "206"), (KnownHeaders.Status, "304"),
            (KnownHeaders.Status, "400"), (KnownHeaders.Status, "404"), (KnownHeaders.Status, "500"),
            ("Accept-Charset", ""), ("Accept-Encoding", "gzip, deflate"), ("Accept-Language", ""), ("Accept-Ranges", ""),
            ("Accept", ""), ("Access-Control-Allow-Origin", ""), ("Age", ""), ("Allow", ""), ("Authorization", ""),
            ("Cache-Control", ""), ("Content-Disposition", ""), ("Content-Encoding", ""), ("Content-Language", ""),
            ("Content-Length", ""), ("Content-Location", ""), ("Content-Range", ""), ("Content-Type", ""), ("Cookie", ""),
            ("Date", ""), ("ETag", ""), ("Expect", ""), ("Expires", ""), ("From", ""), ("Host", ""), ("If-Match", ""),
            ("If-Modified-Since", ""), ("If-None-Match", ""), ("If-Range", ""), ("If-Unmodified-Since", ""), ("Last-Modified", ""),
            ("Link", ""), ("Location", ""), ("Max-Forwards", ""), ("Proxy-Authenticate", ""), ("Proxy-Authorization", ""),
            ("Range", ""), ("Referer", ""), ("Refresh", ""), ("Retry-After", ""), ("Server", ""), ("Set-Cookie", ""),
            ("Strict-Transport-Security", ""), ("Transfer-Encoding", ""), ("User-Agent", ""), ("Vary", ""), ("Via", ""),
            ("WWW-Authenticate", ""),
        ];

        var fields = new DecodedField[Count + 1];
        for (int i = 0; i < table.Length; i++)
        {
            (string name, string value) = table[i];
            KnownHeaders.FindName(Encoding.ASCII.GetBytes(name.ToLowerInvariant()), out PseudoHeader pseudoHeader, out HeaderFault fault);
            fields[i + 1] = new DecodedField
            {
                Name = name,
                Value = value,
                Size = name.Length + value.Length + HeaderList.FieldOverhead,
                Bound = HeaderList.BoundOf(name.Length, value.Length),
                Pseudo = pseudoHeader,
                NameFault = fault,
            };
        }

        return fields;
    }
}
