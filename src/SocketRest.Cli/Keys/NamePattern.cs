using System.Diagnostics.CodeAnalysis;
using SocketRest.Cli.Hub;

namespace SocketRest.Cli.Keys;

/// <summary>Which agents a key is about: one name, or all names with a beginning (<c>kiln-*</c>), or all (<c>*</c>). Names have no case.</summary>
internal readonly record struct NamePattern
{
    private readonly string _text;
    private readonly bool _isPrefix;

    private NamePattern(string text, bool isPrefix)
    {
        _text = text;
        _isPrefix = isPrefix;
    }

    public static bool TryParse(string? text, out NamePattern pattern, [NotNullWhen(false)] out string? fault)
    {
        pattern = default;
        if (text is [.. var prefix, '*'])
        {
            fault = prefix.Length == 0 || AgentName.Fault(prefix + "x") is null ? null : $"'{text}' is no beginning of a name: {AgentName.Rule}.";
            pattern = fault is null ? new NamePattern(prefix, isPrefix: true) : default;
            return fault is null;
        }

        fault = AgentName.Fault(text);
        pattern = fault is null ? new NamePattern(text!, isPrefix: false) : default;
        return fault is null;
    }

    public bool Matches(string name) => _text is not null
        && (_isPrefix ? name.StartsWith(_text, StringComparison.OrdinalIgnoreCase) : name.Equals(_text, StringComparison.OrdinalIgnoreCase));

    public override string ToString() => _isPrefix ? $"{_text}*" : _text ?? "";
}
