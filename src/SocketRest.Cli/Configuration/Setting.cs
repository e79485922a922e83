using System.CommandLine;
using System.Globalization;
using System.Text;

namespace SocketRest.Cli.Configuration;

/// <summary>
/// An option that can also come from the environment and from the configuration file. Its name makes the others: <c>--public-host</c> is
/// <c>SOCKETREST_PUBLIC_HOST</c> and <c>publicHost</c>.
/// </summary>
internal sealed class Setting<T>(string name, params string[] aliases) : Option<T>(name, aliases), ISetting
{
    public string Variable { get; } = SettingName.ToVariable(name);

    public string Member { get; } = SettingName.ToMember(name);
}

/// <summary>The names of a setting outside the command line.</summary>
internal interface ISetting
{
    string Variable { get; }

    string Member { get; }
}

internal static class SettingName
{
    public static string ToVariable(string option) => "SOCKETREST_" + option.TrimStart('-').Replace('-', '_').ToUpperInvariant();

    public static string ToMember(string option)
    {
        var member = new StringBuilder();
        foreach (string word in option.TrimStart('-').Split('-'))
        {
            member.Append(member.Length == 0 ? word : CultureInfo.InvariantCulture.TextInfo.ToTitleCase(word));
        }

        return member.ToString();
    }
}
