using SocketRest.Benchmarks;
using SocketRest.Benchmarks.Idle;

return args switch
{
    ["compare", ..] => await CompareCommand.RunAsync(args.AsMemory(1)),
    ["fuzz", ..] => await FuzzCommand.RunAsync(args.AsMemory(1)),
    ["idle", ..] => await IdleCommand.RunAsync(args.AsMemory(1)),
    [IdleHub.Verb] => await IdleHub.RunAsync(),
    _ => Usage.Fail(),
};
