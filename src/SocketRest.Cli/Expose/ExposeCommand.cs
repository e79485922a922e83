using System.CommandLine;
using SocketRest.Cli.Configuration;
using SocketRest.Cli.Hub;
using Spectre.Console;

namespace SocketRest.Cli.Expose;

/// <summary><c>socketrest expose</c>.</summary>
internal static class ExposeCommand
{
    private static readonly Argument<string> s_service = new("SERVICE") { Description = "The local service: http://localhost:3000, or just 3000." };

    private static readonly Setting<string?> s_name = new("--name")
    {
        Description = "The agent's name at the hub.",
        HelpName = "NAME",
    };

    private static readonly Setting<bool> s_http2 = new("--h2c") { Description = "The service speaks HTTP/2 without TLS, and nothing else (gRPC's servers, for instance)." };

    private static readonly Setting<bool> s_preserveHost = new("--preserve-host") { Description = "Tells the service the host that the caller used, in place of its own." };

    private static readonly Setting<bool> s_insecure = new("--insecure") { Description = "Takes whatever certificate an https service has." };

    private static readonly Setting<string[]> s_metadata = new("--metadata")
    {
        Description = "What the agent says of itself: site=north. openapi=/openapi.json tells the dashboard where its document is.",
        HelpName = "NAME=VALUE",
    };

    private static readonly Setting<bool> s_quiet = new("--quiet", "-q") { Description = "Does not print requests." };

    private static readonly Setting<bool> s_json = new("--json") { Description = "Prints JSON, an object a line." };

    public static Command Build(CommandEnvironment environment)
    {
        var command = new CommandWithExamples("expose", "Puts a local service on the map: an agent at a hub that passes requests on to it.", """
            Examples:
              socketrest expose http://localhost:3000 --hub ws://127.0.0.1:7080 --name shop
              SOCKETREST_KEY=sr-agent... socketrest expose 3000 --hub wss://hub.example.com --name shop
              socketrest expose http://localhost:5000 --h2c --hub wss://hub.example.com --name orders --quiet
            """)
        {
            s_service, SharedOptions.Hub, s_name, SharedOptions.Key, s_http2, s_preserveHost, s_insecure, s_metadata, s_quiet, s_json, SharedOptions.Config,
        };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var settings = Settings.Read(parse, environment);
            ExposeOptions options = Read(settings, parse.GetRequiredValue(s_service));
            IExposeView view = View(environment, settings, options);
            await using (view.ConfigureAwait(false))
            {
                var exposure = new Exposure(options, view, TimeProvider.System);
                await using (exposure.ConfigureAwait(false))
                {
                    await exposure.RunAsync(cancellationToken).ConfigureAwait(false);
                }
            }

            return (int)ExitCode.Success;
        });
        return command;
    }

    private static ExposeOptions Read(Settings settings, string service)
    {
        SettingValue name = settings.Text(s_name) ?? throw new CommandException(ExitCode.Usage, $"Under which name? Say --name shop, or set {s_name.Variable}.");
        if (AgentName.Fault(name.Value) is { } fault)
        {
            throw new CommandException(ExitCode.Usage, $"{name.Source}: {fault}");
        }

        return new ExposeOptions
        {
            Hub = HubAddress.Read(settings),
            Name = name.Value,
            Key = KeySetting.Read(settings),
            Metadata = Metadata(settings),
            Upstream = new UpstreamOptions
            {
                Address = Service(service),
                Http2 = settings.Flag(s_http2),
                Insecure = settings.Flag(s_insecure),
                PreserveHost = settings.Flag(s_preserveHost),
            },
        };
    }

    private static Uri Service(string text)
    {
        string address = ushort.TryParse(text, out ushort port) ? $"http://localhost:{port}" : text;
        return Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) && uri is { Scheme: "http" or "https", Query: "", Fragment: "", UserInfo: "", Host.Length: > 0, Port: > 0 }
            ? uri
            : throw new CommandException(ExitCode.Usage, $"'{text}' is no address of a service. It looks like http://localhost:3000, without query and credentials.");
    }

    private static Dictionary<string, string> Metadata(Settings settings)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        SettingList? given = settings.List(s_metadata);
        foreach (string item in given?.Values ?? [])
        {
            int sign = item.IndexOf('=', StringComparison.Ordinal);
            if (sign <= 0 || !metadata.TryAdd(item[..sign], item[(sign + 1)..]))
            {
                throw new CommandException(ExitCode.Usage, $"{given!.Source}: '{item}' should look like site=north, and each name come once.");
            }
        }

        return metadata;
    }

    private static IExposeView View(CommandEnvironment environment, Settings settings, ExposeOptions options)
    {
        bool quiet = settings.Flag(s_quiet);
        if (settings.Flag(s_json))
        {
            return new JsonView(environment.Output, TimeProvider.System, quiet);
        }

        return environment.IsTerminal && !quiet
            ? new LiveView(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(environment.Output) }), options, TimeProvider.System)
            : new PlainView(environment.Output, environment.Error, TimeProvider.System, quiet);
    }
}
