using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>Synchronous reads and writes by the application: refused unless it asks for them.</summary>
public abstract class SynchronousBodyTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    [Fact]
    public async Task Synchronous_calls_are_refused_by_default()
    {
        var client = await ServeAsync(async context =>
        {
            var control = context.Features.GetRequiredFeature<IHttpBodyControlFeature>();
            Exception?[] refused =
            [
                Record.Exception(() => { _ = context.Request.Body.Read(new byte[1], 0, 1); }),
                Record.Exception(() => context.Response.Body.Write([1], 0, 1)),
                Record.Exception(context.Response.Body.Flush),
            ];
            await context.Response.WriteAsync($"{control.AllowSynchronousIO}|{string.Join(',', refused.Select(e => e?.GetType().Name))}");
        });

        using var response = await client.PostAsync("/", new StringContent("body"));

        Assert.Equal(
            "False|InvalidOperationException,InvalidOperationException,InvalidOperationException",
            await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Synchronous_calls_work_once_allowed()
    {
        var client = await ServeAsync(context =>
        {
            context.Features.GetRequiredFeature<IHttpBodyControlFeature>().AllowSynchronousIO = true;
            using var reader = new StreamReader(context.Request.Body);
            var text = reader.ReadToEnd();
            context.Response.Body.Write(Encoding.UTF8.GetBytes(text.ToUpperInvariant()));
            context.Response.Body.Flush();
            context.Response.Body.Write("!"u8);
            return Task.CompletedTask;
        });

        using var response = await client.PostAsync("/", Payload.Streamed("body"u8.ToArray()));

        Assert.Equal("BODY!", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Allowing_it_for_one_request_allows_it_for_no_other()
    {
        var client = await ServeAsync(async context =>
        {
            var control = context.Features.GetRequiredFeature<IHttpBodyControlFeature>();
            var before = control.AllowSynchronousIO;
            control.AllowSynchronousIO = true;
            await context.Response.WriteAsync($"{before}");
        });

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("False", await client.GetStringAsync("/"));
        }
    }
}
