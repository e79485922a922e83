using System.Text.Json;
using System.Text.Json.Nodes;
using SocketRest.Cli.Management.Recording;

namespace SocketRest.Cli.Expose;

/// <summary>A JSON object a line for each thing that happens, for programs. Quiet: without the requests.</summary>
internal sealed class JsonView(TextWriter output, TimeProvider time, bool quiet) : IExposeView
{
    private readonly Lock _lock = new();

    public void Online(IReadOnlyList<Uri> addresses, int reconnects) => Write(new JsonObject
    {
        ["event"] = "online",
        ["addresses"] = new JsonArray([.. addresses.Select(address => (JsonNode)address.ToString())]),
        ["reconnects"] = reconnects,
    });

    public void Offline(string state, string? reason) => Write(new JsonObject { ["event"] = state, ["reason"] = reason });

    public void Finished(ExposedRequest request)
    {
        if (quiet)
        {
            return;
        }

        Write(new JsonObject
        {
            ["event"] = "request",
            ["method"] = request.Method,
            ["path"] = Redaction.Target(request.Path),
            ["status"] = request.Status == 0 ? null : request.Status,
            ["started"] = request.Started.UtcDateTime,
            ["durationMs"] = Math.Round(request.Duration.TotalMilliseconds, 3),
            ["bytesIn"] = request.BytesIn,
            ["bytesOut"] = request.BytesOut,
            ["failure"] = request.Failure,
        });
    }

    public void Warn(string sentence) => Write(new JsonObject { ["event"] = "warning", ["reason"] = sentence });

    public ValueTask DisposeAsync() => default;

    private void Write(JsonObject what)
    {
        what.Insert(0, "at", time.GetUtcNow().UtcDateTime);
        lock (_lock)
        {
            output.WriteLine(what.ToJsonString(JsonSerializerOptions.Default));
            output.Flush();
        }
    }
}
