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

    private static readonly FrozenSet<string> s_secretFields = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Authorization", "Cookie", "Set-Cookie", "Proxy-Authorization", "X-Api-Key", "Api-Key", "X-Auth-Token", "X-Csrf-Token", "SocketRest-Key");

    private static readonly FrozenSet<string> s_secretParameters = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "access_token", "id_token", "refresh_token", "token", "api_key", "apikey", "api-key", "key", "code", "password", "secret", "client_secret", "sig", "signature");

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

            string value = s_secretFields.Contains(name) ? Redacted : Cut(values.ToString(), MaxValue);
            fields[count++] = new HeaderField { Name = Cut(name, MaxValue), Value = value };
            chars += name.Length + value.Length;
        }

        return count == fields.Length ? fields : fields[..count];
    }

    /// <summary>A path with its query, without the values of parameters that look like secrets.</summary>
    public static string Target(string path, string query)
    {
        if (query.Length < 2)
        {
            return Cut(path, MaxPath);
        }

        string[] parameters = query[1..].Split('&');
        for (int i = 0; i < parameters.Length; i++)
        {
            int equals = parameters[i].IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && s_secretParameters.Contains(Uri.UnescapeDataString(parameters[i][..equals])))
            {
                parameters[i] = string.Concat(parameters[i].AsSpan(0, equals + 1), Redacted);
            }
        }

        return Cut($"{path}?{string.Join('&', parameters)}", MaxPath);
    }

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
