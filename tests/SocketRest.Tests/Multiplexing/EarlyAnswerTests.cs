using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>Applications that answer before they have read the request, or without reading it at all.</summary>
public sealed class EarlyAnswerTests
{
    [Fact]
    public async Task An_answer_survives_a_body_that_nobody_reads()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(peerSettings: Dialogue.QuietSettings with { StreamWindow = 3 });
        await dialogue.Peer.SendRequestAsync(1, endStream: false, method: "POST", more: ("content-length", "4"));
        ServedCall call = await dialogue.Server.NextCallAsync();
        call.Respond("answer"u8.ToArray());
        await dialogue.Peer.ExpectHeadersAsync(1);
        Assert.Equal("ans", (await dialogue.Peer.ExpectDataAsync(1)).Text);
        await dialogue.Peer.SendDataAsync(1, [1, 2, 3, 4], endStream: true);
        await dialogue.Peer.ExpectSilenceAsync();
        await dialogue.Peer.SendWindowAsync(1, 100);
        RawFrame rest = await dialogue.Peer.ExpectDataAsync(1);
        Assert.Equal("wer", rest.Text);
        Assert.True(rest.EndStream);
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task RESET_None_stops_the_body_right_behind_the_answer()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        await dialogue.Peer.SendRequestAsync(1, endStream: false, method: "POST");
        ServedCall call = await dialogue.Server.NextCallAsync();
        byte[] answer = Bytes.Pattern(40_000);
        call.Respond(answer);
        await dialogue.Peer.ExpectHeadersAsync(1);
        Assert.Equal(answer, await dialogue.Peer.ReadBodyAsync(1));
        await dialogue.Peer.ExpectResetAsync(1, SocketRestErrorCode.None);
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task RESET_None_that_arrives_keeps_the_answer_and_stops_the_upload()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false, peerSettings: Dialogue.QuietSettings with { StreamWindow = 10 });
        using HttpClient client = dialogue.CreateClient();
        using var content = new ByteArrayContent(Bytes.Pattern(1_000_000));
        Task<HttpResponseMessage> asking = client.PostAsync("", content);
        await dialogue.Peer.ExpectHeadersAsync(1);
        Assert.Equal(10, (await dialogue.Peer.ExpectDataAsync(1)).Payload.Length);
        await dialogue.Peer.SendResponseAsync(1, endStream: false);
        await dialogue.Peer.SendDataAsync(1, "enough"u8.ToArray(), endStream: true);
        await dialogue.Peer.SendResetAsync(1, SocketRestErrorCode.None);
        using HttpResponseMessage response = await asking.Soon();
        Assert.Equal("enough", await response.Content.ReadAsStringAsync().Soon());
        await dialogue.ExpectNothingLeftAsync();
        await dialogue.Peer.ExpectSilenceAsync();
    }

    [Fact]
    public async Task An_upload_goes_on_after_an_answer_that_came_first()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false, peerSettings: Dialogue.QuietSettings with { StreamWindow = 10 });
        using HttpClient client = dialogue.CreateClient();
        byte[] body = Bytes.Pattern(100);
        using var content = new ByteArrayContent(body);
        Task<HttpResponseMessage> asking = client.PostAsync("", content);
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.SendResponseAsync(1, endStream: true);
        (await asking.Soon()).Dispose();
        Assert.Equal(body, await dialogue.Peer.ReadBodyAsync(1, grant: true));
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task Content_that_nobody_wants_any_more_learns_of_it_when_it_writes_on()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false, peerSettings: Dialogue.QuietSettings with { StreamWindow = 10 });
        using HttpClient client = dialogue.CreateClient();
        using var content = new EndlessContent();
        Task<HttpResponseMessage> asking = client.PostAsync("", content);
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.ExpectDataAsync(1);
        await dialogue.Peer.SendResponseAsync(1, endStream: true);
        await dialogue.Peer.SendResetAsync(1, SocketRestErrorCode.None);
        (await asking.Soon()).Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => content.Ended.Soon());
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task Interim_response_never_follows_the_final_one()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        await dialogue.Peer.SendRequestAsync(1, endStream: false, method: "POST");
        ServedCall call = await dialogue.Server.NextCallAsync();
        call.Stream.SendContinue();
        Assert.Equal("100", (await dialogue.Peer.ExpectHeadersAsync(1))[":status"]);
        call.SendHead();
        Assert.Equal("200", (await dialogue.Peer.ExpectHeadersAsync(1))[":status"]);
        call.Stream.SendContinue();
        await dialogue.Peer.ExpectSilenceAsync();
        await dialogue.Peer.SendDataAsync(1, [], endStream: true);
        call.End();
        call.Release();
        Assert.Empty(await dialogue.Peer.ReadBodyAsync(1));
        await dialogue.ExpectNothingLeftAsync();
    }

    private sealed class EndlessContent : HttpContent
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _ended.Task;

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            byte[] piece = new byte[1_000];
            try
            {
                while (true)
                {
                    await stream.WriteAsync(piece);
                }
            }
            catch (Exception exception)
            {
                _ended.SetException(exception);
                throw;
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
