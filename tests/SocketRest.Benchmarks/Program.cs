using SocketRest.Benchmarks;
using SocketRest.Benchmarks.Agents;
using SocketRest.Benchmarks.Fuzzing;
using SocketRest.Benchmarks.Idle;
using SocketRest.Benchmarks.Soaking;

return args switch
{
    ["compare", ..] => await CompareCommand.RunAsync(args.AsMemory(1)),
    ["fuzz", ..] when !FuzzProcess.IsThis => await FuzzProcess.RunAsync(args),
    ["fuzz", ..] => await FuzzCommand.RunAsync(args.AsMemory(1)),
    ["soak", ..] => await SoakCommand.RunAsync(args.AsMemory(1)),
    ["idle", ..] => await IdleCommand.RunAsync(args.AsMemory(1)),
    [AgentsHub.Verb, var port] => await AgentsHub.RunAsync(port),
    [IdleHub.Verb] => await IdleHub.RunAsync(),
    _ => Usage.Fail(),
};
