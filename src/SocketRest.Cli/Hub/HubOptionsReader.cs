using System.Net;
using Microsoft.Extensions.Configuration;
using SocketRest.Cli.Configuration;
using SocketRest.Cli.Hub.Authentication;
using SocketRest.Cli.Keys;

namespace SocketRest.Cli.Hub;

/// <summary>Makes a hub's options of what its user says, and refuses what would be wrong or open to strangers.</summary>
internal static class HubOptionsReader
{
    private const string HowToMakeKeys = "Make keys (socketrest keys new operator --keys FILE) and pass --keys FILE";

    /// <param name="settings">What the user says.</param>
    /// <param name="configuration">What ASP.NET Core itself would read: its variables, and the file's sections.</param>
    /// <exception cref="CommandException">Something is wrong; its name is in the message.</exception>
    public static HubOptions Read(Settings settings, IConfiguration configuration)
    {
        SettingValue? keys = settings.FilePath(KeysCommand.KeysOption);
        var options = new HubOptions
        {
            Urls = Urls(settings, configuration, out string source),
            KeysFile = keys?.Value,
            PublicHosts = PublicHosts(settings),
            Public = settings.Flag(HubCommand.Public),
            TrustedProxies = TrustedProxyList(settings, configuration),
            ConfigFile = settings.File?.Path,
            Jwt = Jwt(settings.File),
            Certificates = Certificates(settings.File),
            Verbose = settings.Flag(HubCommand.Verbose),
            Json = settings.Flag(HubCommand.Json),
        };
        if (options.KeysFile is { } path)
        {
            KeyFile.Read(path);
        }

        if (options.IsOpen)
        {
            RefuseStrangers(options, configuration, source);
        }

        return options;
    }

    private static string[] Urls(Settings settings, IConfiguration configuration, out string source)
    {
        SettingList? kestrel = ListenSources.KestrelEndpoints(configuration);
        SettingList? own = settings.List(HubCommand.Urls);
        if (kestrel is not null && own is not null)
        {
            throw new CommandException(ExitCode.Usage, $"{own.Source} and {kestrel.Source} both say where to listen: Kestrel would only look at the latter. Leave one of them out.");
        }

        SettingList given = kestrel ?? own ?? ListenSources.Urls(configuration) ?? new SettingList([HubOptions.DefaultUrl], HubCommand.Urls.Name);
        source = given.Source;
        string[] urls = [.. given.Values.SelectMany(value => value.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
        foreach (string url in urls)
        {
            if (ListenAddress.Fault(url) is { } fault)
            {
                throw new CommandException(ExitCode.Usage, $"{given.Source}: '{url}' is nothing to listen at: {fault}.");
            }
        }

        if (urls.Length == 0)
        {
            throw new CommandException(ExitCode.Usage, $"{given.Source} names no address to listen at.");
        }

        return kestrel is null ? urls : [];
    }

    private static string[] PublicHosts(Settings settings)
    {
        SettingList? given = settings.List(HubCommand.PublicHosts);
        foreach (string host in given?.Values ?? [])
        {
            // The port of an address is not the hub's business, and an IP address has no names below it.
            if (Uri.CheckHostName(host) != UriHostNameType.Dns || host.StartsWith('.') || host.EndsWith('.'))
            {
                throw new CommandException(ExitCode.Usage, $"{given!.Source}: '{host}' is no host name. It looks like hub.example.com, without scheme and port.");
            }
        }

        return [.. (given?.Values ?? []).Select(host => host.ToLowerInvariant()).Distinct()];
    }

    private static IPNetwork[] TrustedProxyList(Settings settings, IConfiguration configuration)
    {
        if (TrustedProxies.AreEverybody(configuration))
        {
            throw new CommandException(
                ExitCode.Usage, $"ASPNETCORE_FORWARDEDHEADERS_ENABLED believes whatever anybody says of who called. Name the proxies in place of it: {HubCommand.TrustedProxy.Name}.");
        }

        SettingList? given = settings.List(HubCommand.TrustedProxy);
        return [.. (given?.Values ?? []).Select(text => TrustedProxies.Parse(text) ?? throw new CommandException(
            ExitCode.Usage, $"{given!.Source}: '{text}' is no proxy. It looks like 10.0.0.5 or 10.0.0.0/8, and is never everybody."))];
    }

    private static JwtOptions? Jwt(SettingsFile? file)
    {
        if (file?.Section<JwtOptions>("jwt") is not { } jwt)
        {
            return null;
        }

        if (string.IsNullOrEmpty(jwt.Issuer) || string.IsNullOrEmpty(jwt.Audience) || string.IsNullOrEmpty(jwt.Keys))
        {
            throw new CommandException(ExitCode.Usage, $"{file.Name("jwt")} wants issuer, audience and keys (a file with a JWK set).");
        }

        jwt = jwt with { Keys = file.Resolve(jwt.Keys) };
        JwtKeys.Check(jwt.Keys);
        return jwt;
    }

    private static CertificateOptions? Certificates(SettingsFile? file)
    {
        if (file?.Section<CertificateOptions>("certificates") is not { } certificates)
        {
            return null;
        }

        if (string.IsNullOrEmpty(certificates.Authority))
        {
            throw new CommandException(ExitCode.Usage, $"{file.Name("certificates")} wants authority: the file with the issuing certificate (PEM).");
        }

        certificates = certificates with { Authority = file.Resolve(certificates.Authority) };
        HubSecurity.ReadAuthority(certificates);
        return certificates;
    }

    private static void RefuseStrangers(HubOptions options, IConfiguration configuration, string source)
    {
        if (options.TrustedProxies.Count > 0)
        {
            throw new CommandException(
                ExitCode.Keys, $"{HubCommand.TrustedProxy.Name}: others reach a hub through a proxy, and without keys everybody may do everything. {HowToMakeKeys}.");
        }

        IEnumerable<string> all = options.Urls.Count > 0 ? options.Urls : ListenSources.KestrelEndpoints(configuration)!.Values;
        if (all.FirstOrDefault(url => !ListenAddress.IsLoopback(url)) is { } open)
        {
            throw new CommandException(
                ExitCode.Keys, $"{source}: others than this machine would reach {open}, and without keys everybody may do everything. {HowToMakeKeys}, or listen on 127.0.0.1.");
        }

        if (options.PublicHosts.FirstOrDefault(host => host != "localhost" && !host.EndsWith(".localhost", StringComparison.Ordinal)) is { } name)
        {
            throw new CommandException(
                ExitCode.Keys, $"{HubCommand.PublicHosts.Name}: {name} is for others than this machine, and without keys everybody may do everything. {HowToMakeKeys}.");
        }
    }
}
