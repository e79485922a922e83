using System.Diagnostics;

namespace SocketRest.Cli.Tests;

/// <summary>The built command in a process of its own, as its users run it.</summary>
internal sealed class CommandProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private CommandProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>What it has printed, to either output.</summary>
    public string Text
    {
        get
        {
            lock (_lock)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    public static CommandProcess Start(params string[] arguments) => Start(variables: [], arguments);

    public static CommandProcess Start(Dictionary<string, string> variables, params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "SocketRest.Cli.dll");

        // What is started in the background of a script ignores SIGINT, and so does all that it starts in turn, unless told not to.
        (string file, string[] front) = OperatingSystem.IsLinux() ? ("env", (string[])["--default-signal=INT", "dotnet"]) : ("dotnet", []);
        var start = new ProcessStartInfo(file, [.. front, program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in variables)
            start.Environment[name] = value;
        return new CommandProcess(Process.Start(start)!);
    }

    /// <summary>The first line that has the text, once it is there.</summary>
    public async Task<string> LineAsync(string text)
    {
        while (true)
        {
            Task more;
            lock (_lock)
            {
                if (_lines.Find(line => line.Contains(text, StringComparison.Ordinal)) is { } found)
                    return found;
                more = _more.Task;
            }

            Task exit = _process.WaitForExitAsync();
            Assert.True(await Task.WhenAny(more, exit).InTime() == more || Text.Contains(text, StringComparison.Ordinal), $"Ended with no '{text}':\n{Text}");
        }
    }

    /// <summary>Sends SIGINT, as Ctrl+C does, or SIGTERM, and returns the exit code.</summary>
    public async Task<int> StopAsync(string signal = "INT")
    {
        await SignalAsync(signal);
        return await ExitCodeAsync();
    }

    public async Task SignalAsync(string signal = "INT")
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync().InTime();
    }

    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync().InTime();
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_lock)
        {
            _lines.Add(line);
            _more.SetResult();
            _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
