using System.IO.Pipelines;
using System.Text;
using SocketRest.Cli.Expose;
using SocketRest.Cli.Tests.Management;

namespace SocketRest.Cli.Tests.Expose;

/// <summary>What an upgraded connection still brings once the caller has said everything.</summary>
public sealed class DuplexContentTests : IDisposable
{
    private readonly MovedTime _time = new();
    private readonly Pipe _service = new();
    private readonly Pipe _caller = new();
    private readonly DuplexContent _content;
    private readonly Stream _reads;

    public DuplexContentTests()
    {
        _content = new DuplexContent(_service.Reader.AsStream(), fromCaller: null, new ExposedRequest("GET", "/", DateTimeOffset.UnixEpoch), _time);
        _reads = _caller.Reader.AsStream();
    }

    public void Dispose()
    {
        _content.Dispose();
        _reads.Dispose();
    }

    [Fact]
    public async Task Service_may_go_on_for_as_long_as_it_says_something()
    {
        Task copying = _content.CopyToAsync(_caller.Writer.AsStream());
        for (int i = 0; i < 4; i++)
        {
            await SayAsync("more");
            _time.Move(TimeSpan.FromSeconds(3));
        }

        await SayAsync("last");
        await _service.Writer.CompleteAsync();
        await copying.InTime();
    }

    [Fact]
    public async Task Silence_is_no_end_of_the_services()
    {
        Task copying = _content.CopyToAsync(_caller.Writer.AsStream());
        await SayAsync("half");

        // When the wait for more has begun nobody says.
        await Patience.UntilAsync(
            () =>
            {
                _time.Move(TimeSpan.FromSeconds(5));
                return copying.IsCompleted;
            },
            "Silence goes on for ever.");
        await Assert.ThrowsAnyAsync<Exception>(() => copying);
    }

    [Fact]
    public async Task Service_that_breaks_off_has_not_ended()
    {
        Task copying = _content.CopyToAsync(_caller.Writer.AsStream());
        await SayAsync("half");

        await _service.Writer.CompleteAsync(new IOException("broken"));

        await Assert.ThrowsAnyAsync<Exception>(() => copying).InTime();
    }

    [Fact]
    public async Task Service_that_takes_no_more_may_say_why()
    {
        await _service.Writer.WriteAsync("too much"u8.ToArray());
        await _service.Writer.CompleteAsync();
        using var content = new DuplexContent(new DeafService(_service.Reader.AsStream()), new StringContent("more"), new ExposedRequest("GET", "/", DateTimeOffset.UnixEpoch), _time);

        await content.CopyToAsync(_caller.Writer.AsStream()).InTime();

        await _caller.Writer.CompleteAsync();
        using var reader = new StreamReader(_reads);
        Assert.Equal("too much", await reader.ReadToEndAsync().InTime());
    }

    [Fact]
    public async Task Service_that_takes_no_more_and_says_nothing_has_not_ended()
    {
        using var content = new DuplexContent(new DeafService(_service.Reader.AsStream()), new StringContent("more"), new ExposedRequest("GET", "/", DateTimeOffset.UnixEpoch), _time);
        Task copying = content.CopyToAsync(_caller.Writer.AsStream());

        _time.Move(TimeSpan.FromSeconds(5));

        await Assert.ThrowsAnyAsync<Exception>(() => copying).InTime();
    }

    private async Task SayAsync(string text)
    {
        await _service.Writer.WriteAsync(Encoding.ASCII.GetBytes(text));
        var buffer = new byte[text.Length];
        await _reads.ReadExactlyAsync(buffer).AsTask().InTime();
        Assert.Equal(text, Encoding.ASCII.GetString(buffer));
    }
}
