using System.Globalization;
using SocketRest.Cli.Configuration;
using SocketRest.Cli.Management.Recording;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SocketRest.Cli.Expose;

/// <summary>A page in the terminal that changes in place: the state, the addresses, and the last requests.</summary>
internal sealed class LiveView : IExposeView
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(200);

    private readonly IAnsiConsole _console;
    private readonly ExposeOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private readonly LinkedList<ExposedRequest> _last = new();
    private readonly List<string> _warnings = [];
    private readonly Task _drawing;
    private string _state = "connecting";
    private string? _reason;
    private IReadOnlyList<Uri> _addresses = [];
    private DateTimeOffset _onlineSince;
    private int _reconnects;
    private long _requests;
    private long _bytesIn;
    private long _bytesOut;

    public LiveView(IAnsiConsole console, ExposeOptions options, TimeProvider time)
    {
        _console = console;
        _options = options;
        _time = time;
        _drawing = Task.Run(DrawAsync);
    }

    public void Online(IReadOnlyList<Uri> addresses, int reconnects)
    {
        lock (_lock)
        {
            if (_state != "online")
            {
                _onlineSince = _time.GetUtcNow();
            }

            (_state, _reason, _addresses, _reconnects) = ("online", null, addresses, reconnects);
        }
    }

    public void Offline(string state, string? reason)
    {
        lock (_lock)
        {
            (_state, _reason) = (state, reason);
        }
    }

    public void Finished(ExposedRequest request)
    {
        lock (_lock)
        {
            _requests++;
            _bytesIn += request.BytesIn;
            _bytesOut += request.BytesOut;
            _last.AddFirst(request);
            if (_last.Count > 100)
            {
                _last.RemoveLast();
            }
        }
    }

    public void Warn(string sentence)
    {
        lock (_lock)
        {
            _warnings.Add(sentence);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _drawing.ConfigureAwait(false);
        _end.Dispose();
    }

    private async Task DrawAsync() => await _console.Live(Page()).AutoClear(false).Overflow(VerticalOverflow.Crop).Cropping(VerticalOverflowCropping.Bottom).StartAsync(async live =>
    {
        using var timer = new PeriodicTimer(s_interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token).ConfigureAwait(false))
            {
                live.UpdateTarget(Page());
            }
        }
        catch (OperationCanceledException)
        {
            live.UpdateTarget(Page());
        }
    }).ConfigureAwait(false);

    private Rows Page()
    {
        lock (_lock)
        {
            var facts = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(3)).AddColumn();
            facts.AddRow(new Markup("[bold]socketrest[/]"), new Markup("[dim]Ctrl+C ends it when the running requests have finished[/]"));
            string colour = _state == "online" ? "green" : "yellow";
            string since = _state == "online" ? $" [dim]for {Printable.Time(_time.GetUtcNow() - _onlineSince)}[/]" : "";
            facts.AddRow(new Text("Agent"), new Markup($"[{colour}]{Markup.Escape(_options.Name)}: {Markup.Escape(_state)}[/]{since}"));
            if (_reason is not null)
            {
                facts.AddRow(new Text(""), new Text(Printable.Line(_reason)));
            }

            facts.AddRow(new Text("Service"), new Text(_options.Upstream.Address.ToString()));
            foreach (Uri address in _addresses)
            {
                facts.AddRow(new Text(address == _addresses[0] ? "Address" : ""), new Markup($"[bold]{Markup.Escape(address.ToString())}[/]"));
            }

            facts.AddRow(new Text("Reconnects"), new Text(_reconnects.ToString(CultureInfo.InvariantCulture)));
            facts.AddRow(new Text("Requests"), new Text(string.Create(CultureInfo.InvariantCulture, $"{_requests}, {Printable.Bytes(_bytesIn)} in, {Printable.Bytes(_bytesOut)} out")));
            IEnumerable<IRenderable> warnings = _warnings.Select(IRenderable (warning) => new Markup($"[yellow]{Markup.Escape(Printable.Line(warning))}[/]"));
            return new Rows([facts, .. warnings, new Text(""), Requests()]);
        }
    }

    private Table Requests()
    {
        Table table = new Table().Border(TableBorder.None).AddColumns(
            new TableColumn("Time").NoWrap(), new TableColumn("Method").NoWrap(), new TableColumn("Path"), new TableColumn("Status").NoWrap(),
            new TableColumn("Duration").NoWrap().RightAligned(), new TableColumn("In").NoWrap().RightAligned(), new TableColumn("Out").NoWrap().RightAligned());
        foreach (ExposedRequest request in _last.Take(Math.Max(3, _console.Profile.Height - 12)))
        {
            string colour = request switch { { Failure: not null } or { Status: >= 500 } => "red", { Status: >= 400 } => "yellow", _ => "green" };
            table.AddRow(
                new Text(TimeZoneInfo.ConvertTime(request.Started, _time.LocalTimeZone).ToString("HH:mm:ss", CultureInfo.InvariantCulture)),
                new Text(request.Method),
                new Text(Printable.Line(Redaction.Target(request.Path))) { Overflow = Overflow.Ellipsis },
                new Markup($"[{colour}]{(request.Status == 0 ? "---" : request.Status)}[/]"),
                new Text(Printable.Time(request.Duration)),
                new Text(Printable.Bytes(request.BytesIn)),
                new Text(Printable.Bytes(request.BytesOut)));
        }

        return table;
    }
}
