using System.Text.RegularExpressions;

namespace SocketRest.AspNetCore.Tests;

/// <summary>The tables of the README's chapter "Options", read from the document itself.</summary>
internal static partial class ReadmeTables
{
    private static readonly string s_chapter = Chapter().Match(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "README.md"))).Value;

    /// <summary>The options under each type's name: their names, and their defaults as they stand there.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Options { get; } = Table().Matches(s_chapter)
        .ToDictionary(table => table.Groups["title"].Value, table => (IReadOnlyDictionary<string, string>)Rows(table).ToDictionary(cells => cells[0].Trim('`'), cells => cells[1]));

    /// <summary>The bounds that are one or several options and not computed of some: with their default as it stands there.</summary>
    public static IReadOnlyList<(string Bound, IReadOnlyList<string> Options, string Default)> Bounds { get; } =
        [.. Rows(Limits().Match(s_chapter)).Where(cells => Names().IsMatch(cells[1])).Select(cells => (cells[0], (IReadOnlyList<string>)[.. Code().Matches(cells[1]).Select(name => name.Groups[1].Value)], cells[2]))];

    private static IEnumerable<string[]> Rows(Match table) => table.Groups["row"].Captures.Select(row => row.Value.Trim('|').Split('|', StringSplitOptions.TrimEntries));

    [GeneratedRegex(@"^## Options$.*?(?=^## )", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Chapter();

    [GeneratedRegex(@"^\*\*`(?<title>\w+)`\*\*.*\n\n\|.*\n\|[-|]+\n(?:(?<row>\|.*)\n)+", RegexOptions.Multiline)]
    private static partial Regex Table();

    [GeneratedRegex(@"^\*\*What happens at each limit\.\*\*.*\n\n\|.*\n\|[-|]+\n(?:(?<row>\|.*)\n)+", RegexOptions.Multiline)]
    private static partial Regex Limits();

    [GeneratedRegex(@"^`\w+`(, `\w+`)*$")]
    private static partial Regex Names();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
