using SocketRest.Benchmarks;

return args switch
{
    ["compare", ..] => await CompareCommand.RunAsync(args.AsMemory(1)),
    ["fuzz", ..] => await FuzzCommand.RunAsync(args.AsMemory(1)),
    _ => Usage.Fail(),
};
