using System.Text.RegularExpressions;

namespace SocketRest.Tests.Protocol;

/// <summary>The vectors that PROTOCOL.md lists, read from the document itself.</summary>
internal static partial class ProtocolVectors
{
    public static IReadOnlyDictionary<string, byte[]> All { get; } = Row()
        .Matches(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "PROTOCOL.md")))
        .ToDictionary(row => row.Groups["name"].Value, row => Convert.FromHexString(row.Groups["bytes"].Value));

    [GeneratedRegex(@"^\| `(?<name>[a-z-]+)` \|.*\| `(?<bytes>[0-9a-f]+)` \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
