using System.Diagnostics;

namespace SocketRest.Benchmarks.Idle;

/// <summary>This program once more, as a process of its own that runs an <see cref="IdleHub"/>.</summary>
internal sealed class HubProcess : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private HubProcess(Process process, Uri address)
    {
        _process = process;
        Address = address;
    }

    public Uri Address { get; }

    public static async Task<HubProcess> StartAsync()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(HubProcess).Assembly.Location);
        }

        start.ArgumentList.Add(IdleHub.Verb);
        var process = Process.Start(start)!;
        try
        {
            return new HubProcess(process, new Uri(await ReadLineAsync(process)));
        }
        catch
        {
            End(process);
            throw;
        }
    }

    public async Task<MemoryUse> MeasureAsync()
    {
        await _process.StandardInput.WriteLineAsync("measure");
        await _process.StandardInput.FlushAsync();
        return MemoryUse.Parse(await ReadLineAsync(_process));
    }

    public void Dispose() => End(_process);

    private static async Task<string> ReadLineAsync(Process process) =>
        await process.StandardOutput.ReadLineAsync().WaitAsync(s_limit) ?? throw new InvalidOperationException("The hub's process has ended.");

    private static void End(Process process)
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }
}
