using PetStore;

const string usage = """
    Usage: dotnet run --project examples/PetStore -- [--urls URL] [--once]
           dotnet run --project examples/PetStore -- device TUNNEL [NAME]

    Without arguments: a hub at http://127.0.0.1:5080 and a device that dials in; then both are called and the hub stays up.
      --urls URL     where the hub listens instead; port 0 takes any that is free
      --once         end after the calls, with 0 if all went well and 1 otherwise
      device TUNNEL  only a device, for a hub that is up, such as ws://127.0.0.1:5080/tunnel
    """;

var once = args.Contains("--once");
switch (args.Except(["--once"]).ToArray())
{
    case []:
        return await Demonstration.RunAsync(Demonstration.DefaultUrl, once);

    case ["--urls", var url] when Uri.TryCreate(url, UriKind.Absolute, out _):
        return await Demonstration.RunAsync(url, once);

    case ["device", var tunnel, .. var rest] when Uri.TryCreate(tunnel, UriKind.Absolute, out var address):
        var name = rest.FirstOrDefault(argument => argument != DeviceProcess.EndsWithInput) ?? Device.DefaultName;
        return await Device.RunAsync(address, name, rest.Contains(DeviceProcess.EndsWithInput));

    case ["--help"]:
        Console.WriteLine(usage);
        return 0;

    default:
        Console.Error.WriteLine(usage);
        return 2;
}
