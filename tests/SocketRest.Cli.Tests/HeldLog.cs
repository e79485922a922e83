using Microsoft.Extensions.Logging;

namespace SocketRest.Cli.Tests;

/// <summary>Holds up whoever logs something that has the text, until the test lets it go on.</summary>
internal sealed class HeldLog(string text) : ILoggerProvider
{
    private readonly ManualResetEventSlim _goOn = new();

    public void GoOn() => _goOn.Set();

    public ILogger CreateLogger(string categoryName) => new MessageLogger(Hold);

    public void Dispose() => _goOn.Set();

    private void Hold(string message)
    {
        if (message.Contains(text, StringComparison.Ordinal))
            _goOn.Wait(Patience.Limit);
    }
}
