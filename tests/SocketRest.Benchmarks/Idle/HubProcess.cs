using System.Diagnostics;

namespace SocketRest.Benchmarks.Idle;

/// <summary>This program once more, as a process of its own that is a hub: it says its address first, then answers a line for each line.</summary>
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

    public static async Task<HubProcess> StartAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(HubProcess).Assembly.Location);
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

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

    public async Task<MemoryUse> MeasureAsync() => MemoryUse.Parse(await AskAsync("measure"));

    public async Task<string> AskAsync(string question)
    {
        await _process.StandardInput.WriteLineAsync(question);
        await _process.StandardInput.FlushAsync();
        return await ReadLineAsync(_process);
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
