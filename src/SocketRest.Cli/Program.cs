using SocketRest.Cli;
using SocketRest.Cli.Configuration;

return await CommandLine.RunAsync(args, CommandEnvironment.OfProcess()).ConfigureAwait(false);
