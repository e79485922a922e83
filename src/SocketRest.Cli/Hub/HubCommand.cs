using System.CommandLine;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SocketRest.Cli.Configuration;
using SocketRest.Cli.Keys;

namespace SocketRest.Cli.Hub;

/// <summary><c>socketrest hub</c>.</summary>
internal static class HubCommand
{
    public static Setting<string[]> Urls { get; } = new("--urls", "--url")
    {
        Description = $"Where to listen. Default: {HubOptions.DefaultUrl}. Addresses that others reach need --keys. HTTPS: the section Kestrel of --config.",
        HelpName = "URL",
        AllowMultipleArgumentsPerToken = true,
    };

    public static Setting<string[]> PublicHosts { get; } = new("--public-host")
    {
        Description = "A name under which the hub is known: agents are reached at AGENT.hub.example.com too (with a wildcard in DNS and certificate).",
        HelpName = "HOST",
        AllowMultipleArgumentsPerToken = true,
    };

    public static Setting<bool> Public { get; } = new("--public")
    {
        Description = "Lets anybody call agents through the hub. Without it a caller's or operator's key is needed.",
    };

    public static Setting<string[]> TrustedProxy { get; } = new("--trusted-proxy")
    {
        Description = "A proxy, or a network of them, whose X-Forwarded-For, -Proto and -Host are believed: 10.0.0.5, or 10.0.0.0/8. Default: none.",
        HelpName = "ADDRESS",
        AllowMultipleArgumentsPerToken = true,
    };

    public static Setting<bool> Verbose { get; } = new("--verbose") { Description = "Logs each request." };

    public static Setting<bool> Json { get; } = new("--json") { Description = "Prints JSON, an object a line." };

    public static Command Build(CommandEnvironment environment)
    {
        var command = new CommandWithExamples("hub", "Runs a hub: agents dial in at /tunnel and are called at /agents/NAME/; it is looked after at /_hub/.", """
            Examples:
              socketrest hub                                  for this machine only, without keys
              socketrest keys new operator --keys hub.keys    one key for yourself,
              socketrest keys new agent --name shop --keys hub.keys   one for each agent, and then
              socketrest hub --urls http://0.0.0.0:7080 --keys hub.keys --public-host hub.example.com
              curl -H "Authorization: Bearer KEY" https://hub.example.com/agents/shop/pets
            """)
        {
            Urls, KeysCommand.KeysOption, PublicHosts, Public, TrustedProxy, Verbose, Json, SharedOptions.Config,
        };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var settings = Settings.Read(parse, environment);
            HubOptions options = HubOptionsReader.Read(settings, HubHost.Configuration(settings.File?.Path));
            await RunAsync(environment, options, cancellationToken).ConfigureAwait(false);
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static async Task RunAsync(CommandEnvironment environment, HubOptions options, CancellationToken cancellationToken)
    {
        WebApplication app = Build(options);
        await using (app.ConfigureAwait(false))
        {
            try
            {
                await app.StartAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or InvalidOperationException or UnauthorizedAccessException or System.Net.Sockets.SocketException)
            {
                throw new CommandException(ExitCode.Failure, $"The hub cannot listen: {exception.Message} Choose where with --urls.", exception);
            }

            ICollection<string> addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
            foreach (string line in options.Json ? [JsonSerializer.Serialize(new { @event = "listening", addresses, open = options.IsOpen })] : Greeting(options, addresses))
            {
                await environment.Output.WriteLineAsync(line).ConfigureAwait(false);
            }

            await app.WaitForShutdownAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static WebApplication Build(HubOptions options)
    {
        try
        {
            return HubHost.Build(options);
        }
        catch (InvalidOperationException exception)
        {
            throw new CommandException(ExitCode.Usage, $"The configuration cannot be used: {exception.Message}", exception);
        }
    }

    /// <summary>The address under which this machine reaches what listens at all of its addresses.</summary>
    private static string Reachable(string address) =>
        address.Replace("://0.0.0.0:", "://localhost:", StringComparison.Ordinal)
            .Replace("://[::]:", "://localhost:", StringComparison.Ordinal)
            .Replace("://*:", "://localhost:", StringComparison.Ordinal)
            .Replace("://+:", "://localhost:", StringComparison.Ordinal);

    private static IEnumerable<string> Greeting(HubOptions options, ICollection<string> addresses)
    {
        foreach (string address in addresses)
        {
            yield return $"Hub listening at {address.TrimEnd('/')}";
        }

        string shown = Reachable(addresses.FirstOrDefault() ?? "").TrimEnd('/');
        yield return options.IsOpen
            ? "No keys: whoever reaches the hub may do everything, so it listens to this machine alone. For others: socketrest keys new --help"
            : options.Public ? "Agents and operators need a key. Anybody may call agents (--public)." : "Agents, operators and callers need a key.";
        yield return $"Dashboard:  {(options.IsOpen ? shown.Replace("://127.0.0.1:", "://localhost:", StringComparison.Ordinal) : shown)}/_hub/";
        yield return $"Agents at:  {shown}/agents/NAME/{(options.PublicHosts.Count > 0 ? $" and NAME.{string.Join(", NAME.", options.PublicHosts)}" : "")}";
        if (!options.IsOpen && options.PublicHosts.Count == 0)
        {
            yield return "Browsers:   agents' pages work in full under names of their own only: --public-host hub.example.com";
        }

        yield return $"Try:        socketrest expose http://localhost:3000 --hub {shown} --name shop";
    }
}
