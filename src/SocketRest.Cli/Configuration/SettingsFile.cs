using System.Text.Json;

namespace SocketRest.Cli.Configuration;

/// <summary>The configuration file: one JSON object whose members are settings, and the sections that ASP.NET Core reads itself.</summary>
internal sealed class SettingsFile
{
    private const int LargestFile = 1024 * 1024;

    /// <summary>Sections with members of their own: Kestrel's and logging's as ASP.NET Core documents them.</summary>
    private static readonly string[] s_sections = ["kestrel", "logging", "jwt", "certificates"];

    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.OrdinalIgnoreCase);

    private SettingsFile(string path) => Path = path;

    public string Path { get; }

    /// <exception cref="CommandException">The file cannot be read, is no JSON object, or has a member that is no setting.</exception>
    public static SettingsFile Read(string path, IReadOnlyCollection<string> settings)
    {
        var file = new SettingsFile(System.IO.Path.GetFullPath(path));
        try
        {
            if (new FileInfo(file.Path) is { Exists: true, Length: > LargestFile })
            {
                throw file.Wrong($"has more than {LargestFile} bytes");
            }

            using JsonDocument document = JsonDocument.Parse(
                File.ReadAllBytes(file.Path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw file.Wrong("is no JSON object");
            }

            file.RefuseDoubles(document.RootElement);
            foreach (JsonProperty member in document.RootElement.EnumerateObject())
            {
                if (!settings.Contains(member.Name, StringComparer.OrdinalIgnoreCase) && !s_sections.Contains(member.Name, StringComparer.OrdinalIgnoreCase))
                {
                    throw file.Wrong($"has '{member.Name}', which is no setting. Settings are {string.Join(", ", settings.Order())}; sections {string.Join(", ", s_sections)}");
                }

                file._members[member.Name] = member.Value.Clone();
                if (s_sections.Contains(member.Name, StringComparer.OrdinalIgnoreCase) && member.Value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null))
                {
                    throw file.Wrong($"has a section '{member.Name}' that is no JSON object");
                }
            }
        }
        catch (JsonException exception)
        {
            throw file.Wrong($"is no JSON: line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Usage, $"The configuration file {path} cannot be read: {exception.Message}", exception);
        }

        return file;
    }

    /// <summary>The values of a setting: one, or the items of a list. Null where the file does not have it.</summary>
    public string[]? Values(string member)
    {
        if (!_members.TryGetValue(member, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(item => Text(member, item))] : [Text(member, value)];
    }

    /// <summary>A section as its own type, or null.</summary>
    public T? Section<T>(string name)
        where T : class
    {
        if (!_members.TryGetValue(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        string[] known = [.. typeof(T).GetProperties().Where(property => property.CanWrite).Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name))];
        foreach (JsonProperty member in value.EnumerateObject())
        {
            if (!known.Contains(member.Name, StringComparer.OrdinalIgnoreCase))
            {
                throw Wrong($"has '{member.Name}' in the section '{name}', which has no such setting but {string.Join(", ", known)}");
            }
        }

        try
        {
            return value.Deserialize<T>(SettingsJson.Options);
        }
        catch (JsonException exception)
        {
            throw Wrong($"has a '{exception.Path?.TrimStart('$', '.')}' in the section '{name}' that is not what it should be");
        }
    }

    /// <summary>A path in the file is meant from where the file is.</summary>
    public string Resolve(string path) => System.IO.Path.GetFullPath(path, System.IO.Path.GetDirectoryName(Path)!);

    public string Name(string member) => $"'{member}' in {Path}";

    /// <summary>Which of two would count is not for a reader to guess, nor the case in which they are written.</summary>
    private void RefuseDoubles(JsonElement value)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (JsonProperty member in value.EnumerateObject())
        {
            if (!seen.Add(member.Name))
            {
                throw Wrong($"has '{member.Name}' twice");
            }

            if (member.Value.ValueKind == JsonValueKind.Object)
            {
                RefuseDoubles(member.Value);
            }
        }
    }

    private string Text(string member, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Number => value.GetRawText(),
        _ => throw Wrong($"has a '{member}' that is neither text, a number, true, false nor a list of these"),
    };

    private CommandException Wrong(string what) => new(ExitCode.Usage, $"The configuration file {Path} {what}.");
}
