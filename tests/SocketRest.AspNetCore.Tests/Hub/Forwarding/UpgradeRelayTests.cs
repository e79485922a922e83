using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SocketRest.AspNetCore.Hub.Forwarding;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;

namespace SocketRest.AspNetCore.Tests.Forwarding;

/// <summary>How a relay of an upgraded exchange ends: with nothing of it left at work, whatever comes at the same moment.</summary>
public sealed class UpgradeRelayTests : IAsyncLifetime, IDisposable
{
    private readonly WaitingCaller _caller = new();
    private readonly HeldTime _time = new();
    private readonly TaskCompletionSource<string> _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _aborted = new();
    private ForwardingHub _hub = null!;
    private HttpMessageInvoker _http = null!;

    public async Task InitializeAsync()
    {
        _hub = await ForwardingHub.StartAsync();
        _http = new HttpMessageInvoker(_hub.Registry.CreateHandler());
    }

    public async Task DisposeAsync()
    {
        await _hub.DisposeAsync();
    }

    public void Dispose()
    {
        _http.Dispose();
        _caller.Dispose();
        _aborted.Dispose();
    }

    [Fact]
    public async Task Agent_that_is_done_leaves_nobody_reading_the_caller()
    {
        await AddAgentAsync(_ => Task.CompletedTask);

        await RunAsync().InTime();

        Assert.False(_caller.IsRead);
    }

    [Fact]
    public async Task Silence_that_ends_it_leaves_nobody_reading_the_caller()
    {
        await AddAgentAsync(HearAllAsync);
        Task running = RunAsync();
        (_, Action tooLong) = await _time.NextAsync(due => due == TimeSpan.FromSeconds(30));

        tooLong();

        await Record.ExceptionAsync(() => running.InTime());
        Assert.False(_caller.IsRead);
    }

    [Fact]
    public async Task Caller_that_leaves_leaves_nobody_reading_it()
    {
        var waits = new Signal();
        await AddAgentAsync(HearAllAsync, ends: false, waits);
        Task running = RunAsync();
        await _caller.HearAsync(3);

        await _aborted.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running).InTime();
        Assert.False(_caller.IsRead);
        waits.Release();
    }

    [Fact]
    public async Task Caller_that_breaks_off_breaks_the_whole_off()
    {
        var waits = new Signal();
        await AddAgentAsync(HearAllAsync, ends: false, waits);
        Task running = RunAsync();
        await _caller.HearAsync(3);

        await _caller.EndAsync(new IOException("broken"));

        ResponseBrokeOffException broken = await Assert.ThrowsAsync<ResponseBrokeOffException>(() => running).InTime();
        Assert.Equal("broken", broken.InnerException!.Message);
        waits.Release();
    }

    [Fact]
    public async Task Time_that_is_up_when_all_is_over_harms_nobody()
    {
        await AddAgentAsync(HearAllAsync);
        Task running = RunAsync();
        (_, Action tooLate) = await _time.NextAsync(due => due == TimeSpan.FromSeconds(30));
        await _caller.SayAsync("last"u8.ToArray());
        await _caller.EndAsync();
        await running.InTime();

        tooLate();

        Assert.Equal("last", await _heard.Task.InTime());
    }

    [Fact]
    public async Task Caller_that_cannot_be_told_of_the_agents_end_is_heard_out_all_the_same()
    {
        _caller.Context.Features.Set<IHttpResponseBodyFeature>(new Untold());
        await AddAgentAsync(HearAllAsync);
        Task running = RunAsync();
        await _time.NextAsync(due => due == TimeSpan.FromSeconds(30));

        await _caller.SayAsync("last"u8.ToArray());
        await _caller.EndAsync();

        await running.InTime();
        Assert.Equal("last", await _heard.Task.InTime());
    }

    [Fact]
    public async Task Word_that_meets_the_end_of_the_silence_harms_nobody()
    {
        for (int i = 0; i < 20_000; i++)
        {
            var silence = new Silence(TimeProvider.System);
            using var end = new CancellationTokenSource();
            IDisposable limit = silence.Limit(end);
            bool spoken = false;
            Task speaking = Task.Run(() =>
            {
                Volatile.Write(ref spoken, true);
                for (int word = 0; word < 20; word++)
                    silence.Break();
            });
            SpinWait.SpinUntil(() => Volatile.Read(ref spoken));
            limit.Dispose();
            await speaking;
        }
    }

    private async Task HearAllAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        try
        {
            _heard.TrySetResult(await reader.ReadToEndAsync());
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or SocketRestException)
        {
            _heard.TrySetException(exception);
        }
    }

    /// <summary>Says "bye", ends its own direction unless it is to wait with that, and then does something more with the stream.</summary>
    private Task<TestAgent> AddAgentAsync(Func<Stream, Task> then, bool ends = true, Signal? waits = null) => _hub.AddAgentAsync("kiln", app => app.Run(async context =>
    {
        Stream stream = await context.Features.GetRequiredFeature<IHttpExtendedConnectFeature>().AcceptAsync();
        await stream.WriteAsync("bye"u8.ToArray());
        if (ends)
            await context.Response.CompleteAsync();
        await then(stream);
        if (waits is not null)
            await waits.NextAsync();
    }));

    private async Task RunAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Connect, "http://kiln/") { Headers = { Protocol = "chat" } };
        using HttpResponseMessage response = await _http.SendAsync(request, CancellationToken.None).InTime();
        await UpgradeRelay.RunAsync(_caller.Context, "chat", response, new Via("test"), _time, _aborted.Token);
    }

    /// <summary>The caller has left, or is not told for another reason.</summary>
    private sealed class Untold : StreamResponseBodyFeature
    {
        public Untold()
            : base(Stream.Null)
        {
        }

        public override Task CompleteAsync() => Task.FromException(new IOException("It cannot be told."));
    }
}
