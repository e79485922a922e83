using System.Globalization;
using SocketRest.Cli.Configuration;
using SocketRest.Cli.Management.Recording;

namespace SocketRest.Cli.Expose;

/// <summary>A line for each thing that happens, for logs and pipes. Quiet: without the requests.</summary>
internal sealed class PlainView(TextWriter output, TextWriter error, TimeProvider time, bool quiet) : IExposeView
{
    private readonly Lock _lock = new();

    public void Online(IReadOnlyList<Uri> addresses, int reconnects) =>
        Write($"online   {string.Join("  ", addresses)}{(reconnects > 0 ? $"  (reconnected {reconnects}x)" : "")}");

    public void Offline(string state, string? reason) => Write(reason is null ? state : $"{state}  {Printable.Line(reason)}");

    public void Finished(ExposedRequest request)
    {
        if (!quiet)
        {
            Write(Describe(request));
        }
    }

    public void Warn(string sentence)
    {
        lock (_lock)
        {
            error.WriteLine(sentence);
        }
    }

    public ValueTask DisposeAsync() => default;

    private static string Describe(ExposedRequest request) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(request.Status == 0 ? "---" : request.Status)} {request.Method,-6} {Printable.Line(Redaction.Target(request.Path))}  {Printable.Time(request.Duration)}  {Printable.Bytes(request.BytesIn)} in, {Printable.Bytes(request.BytesOut)} out{(request.Failure is null ? "" : $"  {Printable.Line(request.Failure)}")}");

    private void Write(string line)
    {
        lock (_lock)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{time.GetLocalNow():HH:mm:ss} {line}"));
            output.Flush();
        }
    }
}
