using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using SocketRest.Cli.Configuration;

namespace SocketRest.Cli.Keys;

/// <summary>The file that holds the hashes of a hub's keys. Nobody but its owner may read or write it: whoever writes it decides who gets in.</summary>
internal static class KeyFile
{
    private const int LargestFile = 16 * 1024 * 1024;
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private static readonly JsonSerializerOptions s_json = new(SettingsJson.Options)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <exception cref="CommandException">The file is missing, open to others, or malformed.</exception>
    public static KeyRing Read(string path)
    {
        try
        {
            using FileStream file = Open(path);
            CheckMode(path, file);
            if (file.Length > LargestFile)
            {
                throw Malformed(path, $"it has more than {LargestFile} bytes");
            }

            return Parse(path, JsonSerializer.Deserialize<FileContent>(file, s_json));
        }
        catch (JsonException exception)
        {
            throw Malformed(path, $"line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}, is not what it should be");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CommandException(ExitCode.Keys, $"There is no key file {path}. Make one: socketrest keys new operator --keys {path}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Keys, $"The key file {path} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Changes the file, and makes it where there is none. Those who do this at the same time take turns; whoever reads meanwhile sees all of the old or all of the new.</summary>
    /// <exception cref="CommandException">The file is open to others, malformed, or cannot be written.</exception>
    public static async Task ChangeAsync(string path, bool mayCreate, Func<KeyRing, KeyRing> change, CancellationToken cancellationToken)
    {
        try
        {
            if (!mayCreate)
            {
                Read(path);
            }

            FileStream turn = await TakeTurnAsync(path + ".lock", cancellationToken).ConfigureAwait(false);
            await using (turn.ConfigureAwait(false))
            {
                Write(path, change(mayCreate && !File.Exists(path) ? KeyRing.Empty : Read(path)));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Keys, $"The key file {path} cannot be written: {exception.Message}", exception);
        }
    }

    private static FileStream Open(string path)
    {
        if (Directory.Exists(path))
        {
            throw new CommandException(ExitCode.Keys, $"{path} is a directory; --keys wants the key file itself.");
        }

        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
    }

    private static void CheckMode(string path, FileStream file)
    {
        // By the open file, not by its name, which could be another's by now.
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & Others) != 0)
        {
            throw new CommandException(ExitCode.Keys, $"The key file {path} is open to others than its owner. Close it: chmod 600 {path}");
        }
    }

    private static async Task<FileStream> TakeTurnAsync(string path, CancellationToken cancellationToken)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return new FileStream(path, New(FileMode.OpenOrCreate, FileShare.None));
            }
            catch (IOException exception) when (exception is not (DirectoryNotFoundException or FileNotFoundException) && attempt < 200)
            {
                await Task.Delay(25, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static void Write(string path, KeyRing ring)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var file = new FileStream(temporary, New(FileMode.CreateNew, FileShare.None)))
            {
                JsonSerializer.Serialize(file, ToContent(ring), s_json);
                file.Write("\n"u8);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static FileStreamOptions New(FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = share };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Owner;
        }

        return options;
    }

    private static KeyRing Parse(string path, FileContent? content)
    {
        if (content is not { Version: 1, Keys: { } entries })
        {
            throw Malformed(path, "it has no \"version\": 1 and \"keys\"");
        }

        var keys = new List<HubKey>(entries.Count);
        foreach (FileKey? entry in entries)
        {
            HubKey key = Parse(path, keys.Count + 1, entry);
            if (keys.Exists(other => other.Id == key.Id))
            {
                throw Malformed(path, $"it has two keys with the ID {key.Id}");
            }

            keys.Add(key);
        }

        return new KeyRing(keys);
    }

    private static HubKey Parse(string path, int number, FileKey? entry)
    {
        if (entry is null || !KeyText.IsId(entry.Id))
        {
            throw Malformed(path, $"key {number} has no ID");
        }

        if (!Enum.TryParse(entry.Kind, ignoreCase: true, out KeyKind kind) || !Enum.IsDefined(kind) || char.IsAsciiDigit(entry.Kind![0]))
        {
            throw Malformed(path, $"key {entry.Id} has no kind: agent, operator or caller");
        }

        var names = ImmutableArray.CreateBuilder<NamePattern>();
        foreach (string? text in (kind == KeyKind.Caller ? entry.Agents : entry.Names) ?? [])
        {
            names.Add(NamePattern.TryParse(text, out NamePattern name, out string? fault) ? name : throw Malformed(path, $"key {entry.Id}: {fault}"));
        }

        if ((names.Count == 0) != (kind == KeyKind.Operator) || (kind == KeyKind.Caller ? entry.Names : entry.Agents) is not null)
        {
            throw Malformed(path, $"key {entry.Id}: an agent's key has names, a caller's has agents, an operator's has neither");
        }

        byte[] hash;
        try
        {
            hash = Convert.FromHexString(entry.Sha256 ?? "");
        }
        catch (FormatException)
        {
            hash = [];
        }

        return hash.Length == 32
            ? new HubKey { Id = entry.Id!, Kind = kind, Names = names.ToImmutable(), Hash = [.. hash], Created = entry.Created }
            : throw Malformed(path, $"key {entry.Id} has no sha256 of 64 hexadecimal digits");
    }

    private static FileContent ToContent(KeyRing ring) => new(1, [.. ring.Keys.Select(key => new FileKey(
        key.Id,
        key.Kind.ToString().ToLowerInvariant(),
        key.Kind == KeyKind.Agent ? [.. key.Names.Select(name => name.ToString())] : null,
        key.Kind == KeyKind.Caller ? [.. key.Names.Select(name => name.ToString())] : null,
        Convert.ToHexStringLower(key.Hash.AsSpan()),
        key.Created))]);

    private static CommandException Malformed(string path, string what) => new(
        ExitCode.Keys, $"The key file {path} is malformed: {what}. Restore it, or make another with socketrest keys new; nobody gets in by a file that is half right.");

    private sealed record FileContent(int Version, IReadOnlyList<FileKey?>? Keys);

    private sealed record FileKey(string? Id, string? Kind, IReadOnlyList<string?>? Names, IReadOnlyList<string?>? Agents, string? Sha256, DateTimeOffset Created);
}
