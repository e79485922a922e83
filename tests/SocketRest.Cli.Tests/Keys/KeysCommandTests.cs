using System.Text.Json;
using SocketRest.Cli.Configuration;
using SocketRest.Cli.Keys;

#pragma warning disable CA1416 // These tests run where there are file modes.
namespace SocketRest.Cli.Tests.Keys;

public sealed class KeysCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string KeyPath => _folder.File("hub.keys");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task New_prints_the_key_once_and_keeps_its_hash_only()
    {
        CommandRun run = await CommandRun.RunAsync("keys", "new", "agent", "--name", "kiln-7", "--keys", KeyPath);

        Assert.Equal(0, run.ExitCode);
        string key = run.Output.Trim();
        Assert.StartsWith("sr-agent.", key, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Split('.')[2], await File.ReadAllTextAsync(KeyPath), StringComparison.Ordinal);
        HubKey found = KeyFile.Read(KeyPath).Find(key)!;
        Assert.True(found.IsFor("KILN-7"));
        Assert.False(found.IsFor("kiln-77"));
        Assert.Contains(found.Id, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("agent", "--name", "")]
    [InlineData("agent", "--name", ",")]
    [InlineData("agent", "--name", "kiln-7,")]
    [InlineData("caller", "--agents", "")]
    public async Task Key_for_no_name_is_not_made(string kind, string option, string value)
    {
        CommandRun run = await CommandRun.RunAsync("keys", "new", kind, option, value, "--keys", KeyPath);

        Assert.Equal(((int)ExitCode.Usage, ""), (run.ExitCode, run.Output));
        Assert.Contains(option, run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(KeyPath));
    }

    [Fact]
    public async Task File_is_made_for_its_owner_alone_and_stays_so()
    {
        await CommandRun.RunAsync("keys", "new", "operator", "--keys", KeyPath);
        await CommandRun.RunAsync("keys", "new", "operator", "--keys", KeyPath);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyPath));
    }

    [Fact]
    public async Task List_shows_ids_and_what_they_are_for()
    {
        await CommandRun.RunAsync("keys", "new", "agent", "--name", "kiln-*", "shop", "--keys", KeyPath);
        await CommandRun.RunAsync("keys", "new", "caller", "--agents", "shop", "--keys", KeyPath);
        await CommandRun.RunAsync("keys", "new", "operator", "--keys", KeyPath);

        CommandRun run = await CommandRun.RunAsync("keys", "list", "--keys", KeyPath);

        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.EndsWith("Agent's key for kiln-*, shop", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("Caller's key for shop", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("Operator's key", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Revoked_key_is_none_any_more()
    {
        string kept = (await CommandRun.RunAsync("keys", "new", "operator", "--keys", KeyPath)).Output.Trim();
        string revoked = (await CommandRun.RunAsync("keys", "new", "operator", "--keys", KeyPath)).Output.Trim();

        CommandRun run = await CommandRun.RunAsync("keys", "revoke", revoked.Split('.')[1], "--keys", KeyPath);

        Assert.Equal(0, run.ExitCode);
        KeyRing ring = KeyFile.Read(KeyPath);
        Assert.Null(ring.Find(revoked));
        Assert.NotNull(ring.Find(kept));
    }

    [Fact]
    public async Task Unknown_id_cannot_be_revoked()
    {
        await CommandRun.RunAsync("keys", "new", "operator", "--keys", KeyPath);

        CommandRun run = await CommandRun.RunAsync("keys", "revoke", "nobody", "--keys", KeyPath);

        Assert.Equal((int)ExitCode.Failure, run.ExitCode);
        Assert.Contains("'nobody'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Those_who_make_keys_at_the_same_time_take_turns()
    {
        CommandRun[] runs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => CommandRun.RunAsync("keys", "new", "operator", "--keys", KeyPath))));

        KeyRing ring = KeyFile.Read(KeyPath);
        Assert.All(runs, run => Assert.NotNull(ring.Find(run.Output.Trim())));
    }

    [Theory]
    [InlineData("-kiln")]
    [InlineData("kiln 7")]
    [InlineData("kiln/7")]
    [InlineData("7")]
    [InlineData("0x7f")]
    [InlineData("ki*ln")]
    [InlineData("..")]
    [InlineData("xn--kiln")]
    public async Task Name_that_no_agent_can_have_is_refused(string name)
    {
        CommandRun run = await CommandRun.RunAsync("keys", "new", "agent", $"--name={name}", "--keys", KeyPath);

        Assert.Equal((int)ExitCode.Usage, run.ExitCode);
        Assert.Contains(name, run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(KeyPath));
    }

    [Fact]
    public async Task Missing_file_is_said_with_what_to_do()
    {
        CommandRun run = await CommandRun.RunAsync("keys", "list", "--keys", KeyPath);

        Assert.Equal((int)ExitCode.Keys, run.ExitCode);
        Assert.Contains("socketrest keys new", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_comes_from_the_environment_as_well()
    {
        var run = new CommandRun { Variables = { ["SOCKETREST_KEYS"] = KeyPath } };

        await run.InvokeAsync("keys", "new", "operator");

        Assert.NotNull(KeyFile.Read(KeyPath).Find(run.Output.Trim()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{ "version": 2, "keys": [] }""")]
    [InlineData("""{ "version": 1, "keys": [null] }""")]
    [InlineData("""{ "version": 1, "keys": [{ "id": "22222222", "kind": "operator", "created": "2026-01-01T00:00:00Z" }] }""")]
    [InlineData("""{ "version": 1, "keys": [{ "id": "2", "kind": "operator", "sha256": "HASH", "created": "2026-01-01T00:00:00Z" }] }""")]
    [InlineData("""{ "version": 1, "keys": [{ "id": "22222222", "kind": "owner", "sha256": "HASH", "created": "2026-01-01T00:00:00Z" }] }""")]
    [InlineData("""{ "version": 1, "keys": [{ "id": "22222222", "kind": "1", "sha256": "HASH", "created": "2026-01-01T00:00:00Z" }] }""")]
    [InlineData("""{ "version": 1, "keys": [{ "id": "22222222", "kind": "agent", "sha256": "HASH", "created": "2026-01-01T00:00:00Z" }] }""")]
    [InlineData("""{ "version": 1, "keys": [{ "id": "22222222", "kind": "agent", "names": [], "sha256": "HASH", "created": "2026-01-01T00:00:00Z" }] }""")]
    [InlineData("""{ "version": 1, "keys": [{ "id": "22222222", "kind": "agent", "names": ["a/b"], "sha256": "HASH", "created": "2026-01-01T00:00:00Z" }] }""")]
    [InlineData("""{ "version": 1, "keys": [{ "id": "22222222", "kind": "agent", "names": [null], "sha256": "HASH", "created": "2026-01-01T00:00:00Z" }] }""")]
    [InlineData("""{ "version": 1, "keys": [{ "id": "22222222", "kind": "operator", "names": ["a"], "sha256": "HASH", "created": "2026-01-01T00:00:00Z" }] }""")]
    [InlineData("""{ "version": 1, "keys": [{ "id": "22222222", "kind": "caller", "names": ["a"], "sha256": "HASH", "created": "2026-01-01T00:00:00Z" }] }""")]
    [InlineData("""{ "version": 1, "keys": [{ "id": "22222222", "kind": "operator", "sha256": "HASH", "role": "root", "created": "2026-01-01T00:00:00Z" }] }""")]
    [InlineData("""{ "version": 1, "keys": [ENTRY, ENTRY] }""")]
    public void Malformed_file_lets_nobody_in(string text)
    {
        string entry = """{ "id": "22222222", "kind": "operator", "sha256": "HASH", "created": "2026-01-01T00:00:00Z" }""";
        _folder.Write("hub.keys", text.Replace("ENTRY", entry, StringComparison.Ordinal).Replace("HASH", new string('a', 64), StringComparison.Ordinal));

        var exception = Assert.Throws<CommandException>(() => KeyFile.Read(KeyPath));

        Assert.Equal(ExitCode.Keys, exception.ExitCode);
        Assert.Contains("malformed", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherWrite)]
    public async Task File_that_is_open_to_others_is_not_used(UnixFileMode others)
    {
        await CommandRun.RunAsync("keys", "new", "operator", "--keys", KeyPath);
        File.SetUnixFileMode(KeyPath, UnixFileMode.UserRead | UnixFileMode.UserWrite | others);

        CommandRun run = await CommandRun.RunAsync("keys", "list", "--keys", KeyPath);

        Assert.Equal((int)ExitCode.Keys, run.ExitCode);
        Assert.Contains("chmod 600", run.Error, StringComparison.Ordinal);
        Assert.Equal((int)ExitCode.Keys, (await CommandRun.RunAsync("keys", "new", "operator", "--keys", KeyPath)).ExitCode);
    }

    [Fact]
    public void Key_that_differs_anywhere_is_another()
    {
        (string text, HubKey key) = KeyText.Create(KeyKind.Operator, [], DateTimeOffset.UnixEpoch);
        var ring = new KeyRing([key]);

        Assert.Same(key, ring.Find(text));
        for (int i = 0; i < text.Length; i++)
        {
            char other = text[i] == 'x' ? 'y' : 'x';
            Assert.Null(ring.Find(text[..i] + other + text[(i + 1)..]));
        }

        Assert.Null(ring.Find(text.AsSpan(0, text.Length - 1)));
        Assert.Null(ring.Find(text + "x"));
        Assert.Null(ring.Find(""));
        Assert.Null(ring.Find(Convert.ToHexString(key.Hash.AsSpan())));
    }

    [Fact]
    public void File_is_json_that_names_its_version() =>
        Assert.Equal(1, JsonDocument.Parse(File.ReadAllText(Made())).RootElement.GetProperty("version").GetInt32());

    private string Made()
    {
        KeyFile.ChangeAsync(KeyPath, mayCreate: true, ring => ring.With(KeyText.Create(KeyKind.Operator, [], DateTimeOffset.UnixEpoch).Key), CancellationToken.None).GetAwaiter().GetResult();
        return KeyPath;
    }
}
