using System.Buffers.Text;
using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using SocketRest.Cli.Management.Model;

namespace SocketRest.Cli.Management.Recording;

/// <summary>Leaves secrets out of what is remembered, and keeps it small.</summary>
internal static class Redaction
{
    public const string Redacted = "(redacted)";

    private const int MaxFields = 64;
    private const int MaxValue = 1024;
    private const int MaxHeaderChars = 8 * 1024;
    private const int MaxPath = 2048;

    /// <summary>Fields that hold an address, which may have a query.</summary>
    private static readonly FrozenSet<string> s_addresses = FrozenSet.Create(StringComparer.OrdinalIgnoreCase, "Location", "Referer", "Content-Location");

    /// <summary>The fields as they are remembered. Very long ones are cut off, very many are left out.</summary>
    public static HeaderField[] Fields(IHeaderDictionary headers)
    {
        var fields = new HeaderField[Math.Min(headers.Count, MaxFields)];
        int count = 0;
        int chars = 0;
        foreach ((string name, StringValues values) in headers)
        {
            if (count == fields.Length || chars > MaxHeaderChars)
            {
                break;
            }

            string value = IsSecretField(name) ? Redacted : Cut(s_addresses.Contains(name) ? Address(values.ToString()) : values.ToString(), MaxValue);
            fields[count++] = new HeaderField { Name = Cut(name, MaxValue), Value = value };
            chars += name.Length + value.Length;
        }

        return count == fields.Length ? fields : fields[..count];
    }

    /// <summary>A path with its query, without the values of parameters that look like secrets.</summary>
    public static string Target(string path, string query) => Cut(query.Length < 2 ? path : path + Query(query), MaxPath);

    /// <summary>The same of a path and a query in one.</summary>
    public static string Target(string target)
    {
        int query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? Target(target, "") : Target(target[..query], target[query..]);
    }

    /// <summary>An address, which may have a fragment besides: what is handed over to pages is often in there.</summary>
    private static string Address(string address)
    {
        int fragment = address.IndexOf('#', StringComparison.Ordinal);
        string rest = fragment < 0 ? "" : Query(address[fragment..]);
        string target = fragment < 0 ? address : address[..fragment];
        int query = target.IndexOf('?', StringComparison.Ordinal);
        return (query < 0 ? target : target[..query] + Query(target[query..])) + rest;
    }

    /// <param name="query">The parameters, with the character in front of them.</param>
    private static string Query(string query)
    {
        string[] parameters = query[1..].Split('&');
        for (int i = 0; i < parameters.Length; i++)
        {
            int equals = parameters[i].IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && IsSecretParameter(Uri.UnescapeDataString(parameters[i][..equals]), parameters[i].AsSpan(equals + 1)))
            {
                parameters[i] = string.Concat(parameters[i].AsSpan(0, equals + 1), Redacted);
            }
        }

        return query[0] + string.Join('&', parameters);
    }

    /// <summary>Browsers can put a token nowhere but into the subprotocols of a WebSocket; the key of its handshake is none.</summary>
    private static bool IsSecretField(string name) =>
        name.Equals("Sec-WebSocket-Protocol", StringComparison.OrdinalIgnoreCase)
        || (SecretNames.Has(name) && !name.Equals("Sec-WebSocket-Key", StringComparison.OrdinalIgnoreCase));

    /// <summary><c>code</c> is what an authorization server hands out; a country's is not called that alone.</summary>
    private static bool IsSecretParameter(string name, ReadOnlySpan<char> value) =>
        SecretNames.Has(name)
        || name.Equals("code", StringComparison.OrdinalIgnoreCase)
        || (name.Equals("id", StringComparison.OrdinalIgnoreCase) && IsNegotiated(value));

    /// <summary>The token that SignalR's negotiation hands out, and that its connection shows as <c>id</c>: 128 bits in Base64Url. Other ids stay.</summary>
    private static bool IsNegotiated(ReadOnlySpan<char> value) => value.Length == 22 && Base64Url.IsValid(value);

    /// <summary>About what the fields take up in memory, in bytes.</summary>
    public static int SizeOf(HeaderField[] fields)
    {
        int size = 0;
        foreach (HeaderField field in fields)
        {
            size += 80 + (2 * (field.Name.Length + field.Value.Length));
        }

        return size;
    }

    private static string Cut(string text, int max) => text.Length <= max ? text : text[..(max - 1)] + "…";
}
