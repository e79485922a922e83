using System.IO.Pipelines;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

public sealed class StreamReadTests
{
    [Fact]
    public async Task A_read_that_is_cancelled_before_anything_arrived_can_be_repeated()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        await dialogue.Peer.SendRequestAsync(1, endStream: false);
        ServedCall call = await dialogue.Server.NextCallAsync();
        ValueTask<ReadResult> reading = call.Stream.ReadAsync(CancellationToken.None);
        call.Stream.CancelPendingRead();
        ReadResult cancelled = await reading.Soon();
        Assert.True(cancelled.IsCanceled);
        call.Stream.AdvanceTo(cancelled.Buffer.Start, cancelled.Buffer.End);
        await dialogue.Peer.SendDataAsync(1, [1, 2, 3], endStream: true);
        Assert.Equal([1, 2, 3], await call.ReadToEndAsync());
        call.Respond();
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task A_body_that_is_disposed_under_its_reader_disturbs_no_other_call()
    {
        await using Tunnel tunnel = await Tunnel.StartAsync(new ManualServer { Handler = EchoPathAsync }, maxStreams: 4);
        using HttpClient client = tunnel.CreateClient();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(caller => Task.Run(async () =>
        {
            for (int i = 0; i < 400; i++)
            {
                string path = $"{caller}-{i}";
                using HttpResponseMessage response = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead).Soon();
                if (i % 2 == 0)
                {
                    Assert.Equal("/" + path, await response.Content.ReadAsStringAsync().Soon());
                    continue;
                }

                Stream body = await response.Content.ReadAsStreamAsync();
                Task reading = Task.Run(async () =>
                {
                    byte[] buffer = new byte[100];
                    int length = await body.ReadAsync(buffer);
                    Assert.StartsWith(System.Text.Encoding.ASCII.GetString(buffer, 0, length), "/" + path, StringComparison.Ordinal);
                });
                response.Dispose();
                await Patience.EndedAsync(reading);
                Assert.True(reading.IsCompletedSuccessfully || reading.Exception!.InnerException is ObjectDisposedException or IOException, reading.Exception?.ToString());
            }
        }))).WaitAsync(TimeSpan.FromSeconds(120));
    }

    [Fact]
    public async Task Bytes_that_are_being_copied_stay_when_their_response_is_disposed()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using HttpClient client = dialogue.CreateClient();
        Task<HttpResponseMessage> asking = client.GetAsync("first", HttpCompletionOption.ResponseHeadersRead);
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.SendResponseAsync(1, endStream: false);
        await dialogue.Peer.SendDataAsync(1, "first"u8.ToArray(), endStream: true);
        await dialogue.Peer.ExpectSilenceAsync();
        HttpResponseMessage response = await asking.Soon();
        var destination = new SlowStream();
        Task copying = response.Content.CopyToAsync(destination);
        ReadOnlyMemory<byte> shown = await destination.Shown.Soon();
        response.Dispose();

        for (uint id = 3; id < 9; id += 2)
        {
            Task<string> next = client.GetStringAsync("next");
            await dialogue.Peer.ExpectHeadersAsync(id);
            await dialogue.Peer.SendResponseAsync(id, endStream: false);
            await dialogue.Peer.SendDataAsync(id, "other"u8.ToArray(), endStream: true);
            Assert.Equal("other", await next.Soon());
        }

        Assert.Equal("first", System.Text.Encoding.ASCII.GetString(shown.Span));
        destination.Go();
        await Patience.EndedAsync(copying);
        await dialogue.ExpectNothingLeftAsync();
    }

    private static async Task EchoPathAsync(ServedCall call)
    {
        try
        {
            call.SendHead();
            await call.WriteAsync(System.Text.Encoding.ASCII.GetBytes(call.Path)).Soon();
            call.End();
        }
        finally
        {
            call.Release();
        }
    }

    /// <summary>Takes as long over a write as the test wants.</summary>
    private sealed class SlowStream : MemoryStream
    {
        private readonly TaskCompletionSource<ReadOnlyMemory<byte>> _shown = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<ReadOnlyMemory<byte>> Shown => _shown.Task;

        public void Go() => _go.SetResult();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _shown.TrySetResult(buffer);
            return new ValueTask(_go.Task);
        }
    }
}
