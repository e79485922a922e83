using System.CommandLine;

var root = new RootCommand("Calls APIs on devices behind NAT: the devices dial a hub, the hub passes calls on.");
return await root.Parse(args).InvokeAsync().ConfigureAwait(false);
