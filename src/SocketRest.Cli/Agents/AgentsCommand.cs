using System.CommandLine;
using System.Text.Json;
using SocketRest.Cli.Configuration;
using SocketRest.Cli.Generated;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SocketRest.Cli.Agents;

/// <summary><c>socketrest agents</c>.</summary>
internal static class AgentsCommand
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(2);

    private static readonly Setting<bool> s_json = new("--json") { Description = "Prints JSON, an object a line." };

    private static readonly Option<bool> s_watch = new("--watch", "-w") { Description = "Asks again every two seconds, until Ctrl+C." };

    public static Command Build(CommandEnvironment environment)
    {
        var command = new CommandWithExamples("agents", "Lists the agents that are connected to a hub. Needs an operator's key where the hub has keys.", """
            Examples:
              socketrest agents --hub ws://127.0.0.1:7080
              SOCKETREST_KEY=sr-operator... socketrest agents --hub wss://hub.example.com --watch
              socketrest agents --json | jq -r 'select(.state == "connected") | .name'
            """)
        {
            SharedOptions.Hub, SharedOptions.Key, s_watch, s_json, SharedOptions.Config,
        };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var settings = Settings.Read(parse, environment);
            var hub = HubAddress.Read(settings);
            string? key = KeySetting.Read(settings);
            if (KeySetting.Warning(hub, key) is { } warning)
            {
                await environment.Error.WriteLineAsync(warning).ConfigureAwait(false);
            }

            using var client = new AgentsClient(hub, key);
            await RunAsync(environment, client, settings.Flag(s_json), parse.GetValue(s_watch), cancellationToken).ConfigureAwait(false);
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static async Task RunAsync(CommandEnvironment environment, AgentsClient client, bool json, bool watch, CancellationToken cancellationToken)
    {
        IAnsiConsole? console = environment.IsTerminal && !json ? AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(environment.Output) }) : null;
        if (console is null || !watch)
        {
            await RepeatAsync(
                client,
                agents =>
                {
                    if (console is null)
                    {
                        Print(environment, agents, json);
                    }
                    else
                    {
                        console.Write(Page(agents));
                    }
                },
                fault => environment.Error.WriteLine(fault),
                watch,
                cancellationToken).ConfigureAwait(false);
            return;
        }

        await console.Live(new Text("")).Overflow(VerticalOverflow.Crop).Cropping(VerticalOverflowCropping.Bottom).StartAsync(live =>
        {
            IReadOnlyList<Agent> last = [];
            return RepeatAsync(
                client,
                agents => live.UpdateTarget(Page(last = agents)),
                fault => live.UpdateTarget(new Rows(new Text(fault, new Style(Color.Yellow)), Page(last))),
                watch: true,
                cancellationToken);
        }).ConfigureAwait(false);
    }

    /// <summary>Whoever watches wants to see the hub come back: once it has answered, what fails is shown and asked again.</summary>
    private static async Task RepeatAsync(
        AgentsClient client, Action<IReadOnlyList<Agent>> show, Action<string> fail, bool watch, CancellationToken cancellationToken)
    {
        show(await client.ListAsync(cancellationToken).ConfigureAwait(false));
        if (!watch)
        {
            return;
        }

        using var timer = new PeriodicTimer(s_interval);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                try
                {
                    show(await client.ListAsync(cancellationToken).ConfigureAwait(false));
                }
                catch (CommandException exception)
                {
                    fail(exception.Message);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // That is how watching ends.
        }
    }

    private static IRenderable Page(IReadOnlyList<Agent> agents) =>
        agents.Count == 0 ? new Text("No agents are connected.") : AgentsTable.Table(agents, DateTimeOffset.UtcNow);

    private static void Print(CommandEnvironment environment, IReadOnlyList<Agent> agents, bool json)
    {
        IEnumerable<string> lines = json
            ? agents.Select(agent => JsonSerializer.Serialize(agent))
            : AgentsTable.Lines(agents, DateTimeOffset.UtcNow);
        foreach (string line in lines)
        {
            environment.Output.WriteLine(line);
        }

        environment.Output.Flush();
    }
}
