using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;

namespace SocketRest.Tests.Serving;

/// <summary>Credentials of the upgrade request, and what becomes of one that is refused. The hub is an HTTP handler that takes nobody.</summary>
public sealed class AuthorizationProviderTests
{
    private static readonly TimeSpan s_cap = TimeSpan.FromSeconds(8);

    [Fact]
    public async Task Provider_is_asked_for_each_attempt_and_what_it_says_is_not_logged()
    {
        using var hub = new Refusing(HttpStatusCode.Unauthorized);
        var time = new HeldTime();
        var log = new Lines();
        int asked = 0;
        SocketRestClientOptions options = Options(hub, time);
        options.AuthorizationProvider = _ => new($"Bearer hidden-{++asked}");
        await using var tunnel = new SocketRestClient(options, log);
        await using IAsyncEnumerator<SocketRestStateChange> changes = tunnel.StateChanges.GetAsyncEnumerator();
        Task<SocketRestConnection> waiting = tunnel.GetConnectionAsync();
        for (int i = 1; i <= 3; i++)
        {
            (TimeSpan due, Action release) = await time.NextAsync();
            Assert.InRange(due, s_cap / 2, s_cap);
            Assert.Equal($"Bearer hidden-{i}", hub.Credentials.Last());
            Assert.True(await changes.MoveNextAsync().InTime() && await changes.MoveNextAsync().InTime());
            Assert.Equal(SocketRestErrorCode.Unauthorized, changes.Current.Reason!.ErrorCode);
            Assert.DoesNotContain("hidden", changes.Current.Reason.ToString(), StringComparison.Ordinal);
            release();
        }

        Assert.False(waiting.IsCompleted);
        Assert.Contains(log.Written, line => line.Contains("(401)", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Written, line => line.Contains("hidden", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Failure_of_the_provider_is_a_failed_attempt()
    {
        using var hub = new Refusing(HttpStatusCode.Unauthorized);
        var time = new HeldTime();
        SocketRestClientOptions options = Options(hub, time);
        int asked = 0;
        options.AuthorizationProvider = _ => ++asked <= 2 ? throw new TimeoutException("The issuer sleeps.") : new((string?)null);
        var log = new Lines();
        await using var tunnel = new SocketRestClient(options, log);
        Task<SocketRestConnection> waiting = tunnel.GetConnectionAsync();
        for (int i = 0; i < 2; i++)
        {
            (TimeSpan due, Action release) = await time.NextAsync();
            Assert.InRange(due, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(100 << i));
            Assert.Empty(hub.Credentials);
            release();
        }

        await time.NextAsync();
        Assert.Null(Assert.Single(hub.Credentials));
        Assert.Contains(log.Written, line => line.Contains("The issuer sleeps.", StringComparison.Ordinal));
        Assert.False(waiting.IsCompleted);
    }

    [Fact]
    public async Task Value_that_is_no_field_is_refused_without_being_quoted()
    {
        using var hub = new Refusing(HttpStatusCode.Unauthorized);
        SocketRestClientOptions options = Options(hub, TimeProvider.System);
        options.AuthorizationProvider = _ => new("Bearer hidden\r\nX-Other: yes");

        SocketRestException exception = await Assert.ThrowsAsync<SocketRestException>(() => SocketRestClient.ConnectAsync(options).InTime());

        Assert.Equal(SocketRestErrorCode.ConnectFailed, exception.ErrorCode);
        Assert.DoesNotContain("hidden", exception.ToString(), StringComparison.Ordinal);
        Assert.Empty(hub.Credentials);
    }

    [Fact]
    public async Task Only_who_connects_explicitly_gets_the_refusal_as_an_exception()
    {
        using var hub = new Refusing(HttpStatusCode.Forbidden);

        SocketRestException exception = await Assert.ThrowsAsync<SocketRestException>(
            () => SocketRestClient.ConnectAsync(Options(hub, TimeProvider.System)).InTime());

        Assert.Equal(SocketRestErrorCode.Unauthorized, exception.ErrorCode);
        Assert.Single(hub.Credentials);
    }

    private static SocketRestClientOptions Options(Refusing hub, TimeProvider time) => new()
    {
        Uri = new Uri("ws://hub/tunnel"),
        Invoker = hub.Invoker,
        TimeProvider = time,
        MaxReconnectDelay = s_cap,
    };

    private sealed class Refusing : HttpMessageHandler
    {
        private readonly HttpStatusCode _status;

        public Refusing(HttpStatusCode status)
        {
            _status = status;
            Invoker = new HttpMessageInvoker(this, disposeHandler: false);
        }

        public HttpMessageInvoker Invoker { get; }

        public ConcurrentQueue<string?> Credentials { get; } = new();

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Credentials.Enqueue(request.Headers.TryGetValues("Authorization", out IEnumerable<string>? values) ? values.Single() : null);
            return Task.FromResult(new HttpResponseMessage(_status));
        }

        protected override void Dispose(bool disposing)
        {
            Invoker.Dispose();
            base.Dispose(disposing);
        }
    }

    private sealed class Lines : ILogger
    {
        public ConcurrentQueue<string> Written { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Enqueue($"{formatter(state, exception)} {exception}");
    }
}
