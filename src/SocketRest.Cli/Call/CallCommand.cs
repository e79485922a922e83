using System.Buffers;
using System.CommandLine;
using SocketRest.Cli.Configuration;
using SocketRest.Cli.Hub;

namespace SocketRest.Cli.Call;

/// <summary><c>socketrest call</c>.</summary>
internal static class CallCommand
{
    private static readonly Argument<string> s_address = new("ADDRESS") { Description = "Whom to call, and what for: http://shop/pets?limit=3, or shop/pets." };

    private static readonly Option<string?> s_method = new("-X", "--request", "--method") { Description = "The method. Default: GET, with -d POST.", HelpName = "METHOD" };

    private static readonly Option<string[]> s_fields = new("-H", "--header") { Description = "A header field; as often as needed.", HelpName = "NAME: VALUE" };

    private static readonly Option<string?> s_body = new("-d", "--data") { Description = "The body: text, @FILE, or - for the standard input.", HelpName = "BODY" };

    private static readonly Option<bool> s_include = new("-i", "--include") { Description = "Prints the head of the answer as well." };

    private static readonly Option<string?> s_output = new("-o", "--output") { Description = "Writes the body to a file.", HelpName = "FILE" };

    private static readonly Option<bool> s_fail = new("-f", "--fail") { Description = "Ends with 22, and without a body, where the answer has a status of 400 or more." };

    /// <summary>Those of a token (RFC 9110 section 5.6.2).</summary>
    private static readonly SearchValues<char> s_nameChars =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    public static Command Build(CommandEnvironment environment)
    {
        var command = new CommandWithExamples("call", "Sends a request to an agent, through the hub, and prints the answer as it comes.", """
            Examples:
              socketrest call shop/pets --hub ws://127.0.0.1:7080
              socketrest call http://shop/pets -d '{"name":"Rex"}' --hub wss://hub.example.com
              socketrest call kiln-7/firmware -X PUT -d @firmware.bin -H "Content-Type: application/octet-stream" --fail
              socketrest call kiln-7/log -o kiln-7.log
            """)
        {
            s_address, SharedOptions.Hub, SharedOptions.Key, s_method, s_fields, s_body, s_include, s_output, s_fail, SharedOptions.Config,
        };
        command.SetAction(async (parse, cancellationToken) =>
        {
            CallOptions options = Read(parse, Settings.Read(parse, environment));
            if (KeySetting.Warning(options.Hub, options.Key) is { } warning)
            {
                await environment.Error.WriteLineAsync(warning).ConfigureAwait(false);
            }

            return (int)await new AgentCall(environment, options).RunAsync(cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    private static CallOptions Read(ParseResult parse, Settings settings)
    {
        (string agent, string target) = Address(parse.GetRequiredValue(s_address));
        string? body = parse.GetValue(s_body);
        return new CallOptions
        {
            Hub = HubAddress.Read(settings),
            Key = KeySetting.Read(settings),
            Agent = agent,
            Target = target,
            Method = Method(parse.GetValue(s_method) ?? (body is null ? "GET" : "POST")),
            Fields = [.. (parse.GetValue(s_fields) ?? []).Select(Field)],
            Body = body is null ? null : body == "@" ? throw new CommandException(ExitCode.Usage, "-d: '@' wants the name of a file.") : new CallBody(body),
            Include = parse.GetValue(s_include),
            Fail = parse.GetValue(s_fail),
            OutputFile = parse.GetValue(s_output) is not { } file ? null
                : string.IsNullOrWhiteSpace(file) ? throw new CommandException(ExitCode.Usage, "-o is empty; it wants a file.") : file,
        };
    }

    private static (string Agent, string Target) Address(string text)
    {
        string rest = text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? text["http://".Length..] : text;
        int end = rest.AsSpan().IndexOfAny('/', '?');
        string agent = end < 0 ? rest : rest[..end];
        string target = end < 0 ? "/" : rest[end..];
        if (AgentName.Fault(agent) is { } fault)
        {
            throw new CommandException(ExitCode.Usage, $"'{text}' is no address of an agent, which looks like http://shop/pets. {fault}");
        }

        if (target.AsSpan().ContainsAnyExceptInRange('!', '~') || target.Contains('#', StringComparison.Ordinal))
        {
            throw new CommandException(ExitCode.Usage, $"The path '{target}' goes to the agent byte for byte: write spaces, '#' and what is not ASCII as %20, %23 and so on.");
        }

        return (agent, target[0] == '?' ? "/" + target : target);
    }

    private static HttpMethod Method(string text)
    {
        try
        {
            return text.Equals("CONNECT", StringComparison.OrdinalIgnoreCase) ? throw new FormatException() : HttpMethod.Parse(text);
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            throw new CommandException(ExitCode.Usage, $"-X: '{text}' is no method that can be called.");
        }
    }

    private static (string Name, string Value) Field(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string name = colon > 0 ? text[..colon].Trim() : "";
        return name.Length > 0 && !name.AsSpan().ContainsAnyExcept(s_nameChars) && !text.Any(char.IsControl)
            ? (name, text[(colon + 1)..].Trim())
            : throw new CommandException(ExitCode.Usage, $"-H: '{text}' is no header field. It looks like \"Accept: application/json\".");
    }
}
