using System.Text;

namespace SocketRest.Cli.Management.Metrics;

/// <summary>Names and text as Prometheus wants them.</summary>
internal static class MetricName
{
    /// <summary>An instrument's name with its unit in it: <c>http.server.request.duration</c> in <c>s</c> is <c>http_server_request_duration_seconds</c>.</summary>
    public static string Of(string instrument, string? unit, bool isCounter)
    {
        string name = Clean(instrument, allowColon: true);
        string suffix = Unit(unit);
        if (suffix.Length > 0 && !name.EndsWith("_" + suffix, StringComparison.Ordinal))
        {
            name += "_" + suffix;
        }

        return isCounter && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
    }

    public static string OfLabel(string tag) => Clean(tag, allowColon: false);

    /// <summary>Writes text so that it stays on its line, and with quotes so that it stays between them.</summary>
    public static void Escape(StringBuilder to, string text, bool quotes)
    {
        foreach (char c in text)
        {
            _ = c switch
            {
                '\\' => to.Append("\\\\"),
                '\n' => to.Append("\\n"),
                '"' when quotes => to.Append("\\\""),
                _ => to.Append(c),
            };
        }
    }

    private static string Clean(string name, bool allowColon)
    {
        var clean = new StringBuilder(name.Length + 1);
        foreach (char c in name)
        {
            bool fits = char.IsAsciiLetterOrDigit(c) || (allowColon && c == ':');
            if (clean.Length == 0 && char.IsAsciiDigit(c))
            {
                clean.Append('_');
            }

            if (fits)
            {
                clean.Append(c);
            }
            else if (clean.Length == 0 || clean[^1] != '_')
            {
                clean.Append('_');
            }
        }

        return clean.Length == 0 ? "_" : clean.ToString();
    }

    private static string Unit(string? unit)
    {
        // What stands in braces says what is counted, and is no unit.
        if (string.IsNullOrEmpty(unit) || unit[0] == '{')
        {
            return "";
        }

        int per = unit.IndexOf('/', StringComparison.Ordinal);
        return per > 0 ? $"{Word(unit[..per])}_per_{Clean(unit[(per + 1)..].Trim('{', '}'), allowColon: false).TrimEnd('_')}" : Word(unit);
    }

    private static string Word(string unit) => unit switch
    {
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "By" => "bytes",
        "1" => "",
        "%" => "percent",
        "Cel" => "celsius",
        _ => Clean(unit, allowColon: false).Trim('_'),
    };
}
