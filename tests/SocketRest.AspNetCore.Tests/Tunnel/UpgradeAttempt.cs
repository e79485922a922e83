using System.Text.Json.Nodes;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>An upgrade request made by hand, so that a test sees the whole answer to one that is refused.</summary>
internal sealed class UpgradeAttempt : IDisposable
{
    private UpgradeAttempt(HttpResponseMessage response) => Response = response;

    public HttpResponseMessage Response { get; }

    public int Status => (int)Response.StatusCode;

    /// <summary>Whole seconds, or null without the field.</summary>
    public double? RetryAfter => Response.Headers.RetryAfter?.Delta?.TotalSeconds;

    public static async Task<UpgradeAttempt> SendAsync(Uri tunnel, params (string Name, string Value)[] fields)
    {
        // Not shared: a response that is no refusal keeps its connection.
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, tunnel);
        request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        request.Headers.TryAddWithoutValidation("Upgrade", "websocket");
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        foreach ((string name, string value) in fields)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        return new UpgradeAttempt(await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).InTime());
    }

    /// <summary>Whether the answer is that of HTTP alone, with a reason in it.</summary>
    public async Task<string> ExpectRefusalAsync(int status)
    {
        Assert.Equal(status, Status);
        Assert.Equal("application/problem+json", Response.Content.Headers.ContentType?.MediaType);
        JsonNode problem = JsonNode.Parse(await Response.Content.ReadAsStringAsync().InTime())!;
        Assert.Equal(status, (int)problem["status"]!);
        Assert.NotEmpty((string)problem["title"]!);
        return (string)problem["detail"]!;
    }

    public void Dispose() => Response.Dispose();
}
