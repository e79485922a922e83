using System.Diagnostics;

namespace PetStore;

/// <summary>The device as the hub's child: the same program in a process of its own, which ends with the hub.</summary>
internal sealed class DeviceProcess
{
    public const string EndsWithInput = "--ends-with-input";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly Process _process;

    private DeviceProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasEnded => _process.HasExited;

    public static DeviceProcess Start(Uri tunnel)
    {
        var program = Environment.ProcessPath!;
        // Started as "dotnet PetStore.dll" the process is dotnet's, and the program its first argument.
        string[] prefix = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(DeviceProcess).Assembly.Location] : [];
        var start = new ProcessStartInfo(program, [.. prefix, "device", tunnel.ToString(), EndsWithInput]) { RedirectStandardInput = true };
        return new DeviceProcess(Process.Start(start)!);
    }

    public Task WaitForEndAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    public async Task EndAsync()
    {
        using var process = _process;
        process.StandardInput.Close();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        if (process.ExitCode != 0)
            throw new InvalidOperationException($"The device ended with {process.ExitCode}.");
    }
}
