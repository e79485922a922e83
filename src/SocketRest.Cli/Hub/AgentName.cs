namespace SocketRest.Cli.Hub;

/// <summary>
/// Names of agents. One name has to do as a label of a host name (<c>kiln-7.hub.example.com</c>), as the host of an address (<c>http://kiln-7/</c>) and as a
/// segment of a path (<c>/agents/kiln-7/</c>).
/// </summary>
internal static class AgentName
{
    public const string Rule = "an agent's name has 1 to 63 letters (a to z), digits and hyphens, begins and ends with a letter or digit, and is no number";

    /// <summary>The longest label of a host name (RFC 1035 section 2.3.4).</summary>
    private const int LongestLabel = 63;

    /// <summary>Says why a name cannot be used, or null.</summary>
    public static string? Fault(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return "There is no name: an agent of this hub needs one.";
        }

        // A name that is looked at as a host must not turn into an address: http://7/ goes to 0.0.0.7. Labels with hyphens in the third and fourth place are other names in disguise (RFC 5891 section 4.2.3.1).
        bool usable = name.Length <= LongestLabel
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
            && name[0] != '-'
            && name[^1] != '-'
            && !name.AsSpan(Math.Min(2, name.Length)).StartsWith("--")
            && Uri.CheckHostName(name) == UriHostNameType.Dns;
        return usable ? null : $"The name '{Printable(name)}' cannot be used: {Rule}.";
    }

    private static string Printable(string name)
    {
        string shown = name.Length > LongestLabel + 1 ? name[..LongestLabel] + "..." : name;
        return string.Create(shown.Length, shown, static (span, text) =>
        {
            for (int i = 0; i < text.Length; i++)
            {
                span[i] = char.IsControl(text[i]) ? ' ' : text[i];
            }
        });
    }
}
