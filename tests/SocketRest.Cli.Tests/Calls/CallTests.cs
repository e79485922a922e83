using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SocketRest.Cli.Configuration;
using SocketRest.Cli.Hub;
using SocketRest.Cli.Keys;
using SocketRest.Cli.Tests.Hub;

namespace SocketRest.Cli.Tests.Calls;

public sealed class CallTests : IAsyncLifetime
{
    private readonly Pipe _pieces = new();
    private RunningHub _hub = null!;
    private SocketRestClient _shop = null!;

    public async Task InitializeAsync()
    {
        _hub = await RunningHub.StartAsync();
        _shop = await _hub.ConnectAsync("shop", key: null, options => options.RequestHandler = AnswerAsync);
    }

    public async Task DisposeAsync()
    {
        await _shop.DisposeAsync();
        await _hub.DisposeAsync();
    }

    [Theory]
    [InlineData("http://shop/pets", "GET /pets")]
    [InlineData("shop/pets?limit=3", "GET /pets?limit=3")]
    [InlineData("shop", "GET /")]
    [InlineData("shop?a=b", "GET /?a=b")]
    [InlineData("shop/a%2Fb/%2e%2e/c%20d", "GET /a%2Fb/%2e%2e/c%20d")]
    public async Task Target_arrives_byte_for_byte(string address, string expected)
    {
        CommandRun run = await CallAsync(address);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith(expected + "\n", Encoding.UTF8.GetString(run.Bytes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Method_fields_and_body_are_the_users()
    {
        CommandRun run = await CallAsync("shop/pets", "-X", "PUT", "-H", "X-One: 1", "-H", "Content-Type: text/x-pet", "-d", "Rex");

        Assert.Equal("PUT /pets\ntype=text/x-pet one=1\nRex", Encoding.UTF8.GetString(run.Bytes));
    }

    [Theory]
    [InlineData("""{"name":"Rex"}""", "application/json")]
    [InlineData("name=Rex", "text/plain; charset=utf-8")]
    public async Task Body_makes_it_a_POST_and_JSON_is_seen(string body, string type)
    {
        CommandRun run = await CallAsync("shop/pets", "-d", body);

        Assert.Equal($"POST /pets\ntype={type} one=\n{body}", Encoding.UTF8.GetString(run.Bytes));
    }

    [Fact]
    public async Task Body_comes_from_a_file_or_the_input_and_the_answer_goes_to_a_file()
    {
        using var folder = new TemporaryFolder();
        await CallAsync("shop/pets", "-d", "@" + folder.Write("rex.json", "{}"), "-o", folder.File("answer"));
        Assert.Equal("POST /pets\ntype=application/json one=\n{}", await File.ReadAllTextAsync(folder.File("answer")));

        // Byte for byte, and not taken for a file of arguments.
        var text = await CallAsync("shop/pets", "-d", "@" + folder.Write("rex.txt", "two words\n--fail\n"));
        Assert.EndsWith("\ntwo words\n--fail\n", Encoding.UTF8.GetString(text.Bytes), StringComparison.Ordinal);

        var run = new CommandRun { Input = Encoding.ASCII.GetBytes("from the input") };
        await run.InvokeAsync("call", "shop/pets", "-d", "-", "--hub", _hub.Address.ToString());
        Assert.EndsWith("from the input", Encoding.UTF8.GetString(run.Bytes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_is_printed_as_it_comes()
    {
        var printed = new Pipe();
        Task<int> calling = CallPiecesAsync(printed.Writer, CancellationToken.None);
        foreach (string piece in new[] { "one", "two" })
        {
            await _pieces.Writer.WriteAsync(Encoding.ASCII.GetBytes(piece));

            ReadResult read = await printed.Reader.ReadAtLeastAsync(piece.Length).AsTask().InTime();
            Assert.Equal(piece, Encoding.ASCII.GetString(read.Buffer));
            printed.Reader.AdvanceTo(read.Buffer.End);
        }

        await _pieces.Writer.CompleteAsync();
        Assert.Equal(0, await calling.InTime());
    }

    [Fact]
    public async Task Call_that_is_interrupted_is_not_done()
    {
        var printed = new Pipe();
        using var interruption = new CancellationTokenSource();
        Task<int> calling = CallPiecesAsync(printed.Writer, interruption.Token);
        await _pieces.Writer.WriteAsync("one"u8.ToArray());
        await printed.Reader.ReadAtLeastAsync(3).AsTask().InTime();

        await interruption.CancelAsync();

        Assert.Equal((int)ExitCode.Interrupted, await calling.InTime());
    }

    [Fact]
    public async Task Head_is_shown_where_it_is_wanted()
    {
        CommandRun run = await CallAsync("shop/pets", "-i");

        string text = Encoding.UTF8.GetString(run.Bytes);
        Assert.StartsWith("HTTP/1.1 200 OK\n", text, StringComparison.Ordinal);
        Assert.Contains("\nX-Answer: yes\n", text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\n\nGET /pets\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_status_is_an_answer_unless_fail_says_otherwise()
    {
        CommandRun plain = await CallAsync("shop/missing");
        Assert.Equal((0, "not here"), (plain.ExitCode, Encoding.UTF8.GetString(plain.Bytes)));

        CommandRun fail = await CallAsync("shop/missing", "--fail");
        Assert.Equal(((int)ExitCode.HttpError, 0), (fail.ExitCode, fail.Bytes.Length));
        Assert.Contains("404", fail.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Agents_own_problem_is_its_answer()
    {
        CommandRun run = await CallAsync("shop/problem");

        Assert.Equal((0, """{"type":"urn:other:problem","detail":"mine"}"""), (run.ExitCode, Encoding.UTF8.GetString(run.Bytes)));
    }

    [Fact]
    public async Task Agents_problem_of_any_size_is_its_answer()
    {
        CommandRun run = await CallAsync("shop/large");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(200_000, run.Bytes.Length);
    }

    [Fact]
    public async Task Terminal_obeys_nothing_that_a_problem_says()
    {
        CommandRun run = await CallAsync("shop/hostile");

        Assert.Equal((int)ExitCode.AgentUnreachable, run.ExitCode);
        Assert.Contains("red", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Error);
    }

    [Fact]
    public async Task Agent_that_is_not_connected_has_an_exit_code_of_its_own()
    {
        CommandRun run = await CallAsync("nobody/pets");

        Assert.Equal(((int)ExitCode.AgentUnreachable, 0), (run.ExitCode, run.Bytes.Length));
        Assert.Contains("'nobody'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hub_that_is_not_there_has_an_exit_code_of_its_own()
    {
        await _hub.DisposeAsync();

        CommandRun run = await CallAsync("shop/pets");

        Assert.Equal((int)ExitCode.HubUnreachable, run.ExitCode);
        Assert.Contains("cannot be reached", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_goes_with_the_call_and_Authorization_is_the_agents()
    {
        using var folder = new TemporaryFolder();
        string agentKey = await RunningHub.AddKeyAsync(folder.File("keys"), KeyKind.Agent, "shop");
        string callerKey = await RunningHub.AddKeyAsync(folder.File("keys"), KeyKind.Caller, "shop");
        await using RunningHub hub = await RunningHub.StartAsync(new HubOptions { KeysFile = folder.File("keys") });
        await using SocketRestClient shop = await hub.ConnectAsync("shop", agentKey);

        var run = new CommandRun { Variables = { ["SOCKETREST_HUB"] = hub.Address.ToString(), ["SOCKETREST_KEY"] = callerKey } };
        await run.InvokeAsync("call", "shop/a", "-H", "Authorization: Basic abc");
        Assert.Equal("shop: GET /a auth=Basic abc key=", Encoding.UTF8.GetString(run.Bytes));

        var refused = new CommandRun { Variables = { ["SOCKETREST_HUB"] = hub.Address.ToString(), ["SOCKETREST_KEY"] = agentKey } };
        await refused.InvokeAsync("call", "shop/a");
        Assert.Equal((int)ExitCode.Refused, refused.ExitCode);
        Assert.Contains("This key is for something else", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_that_breaks_off_is_no_success()
    {
        Assert.Equal((ExitCode.AgentUnreachable, "half"), await CallRawAsync("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf"));
        Assert.Equal((ExitCode.AgentUnreachable, "half"), await CallRawAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"));
        Assert.Equal((ExitCode.Failure, ""), await CallRawAsync("HTTP/1.1 2"));
    }

    [Theory]
    [InlineData("https://shop/")]
    [InlineData("shop:8080/")]
    [InlineData("/pets")]
    [InlineData("shop/a b")]
    [InlineData("shop/a#b")]
    [InlineData("../x")]
    public async Task What_is_no_address_of_an_agent_is_refused(string address)
    {
        CommandRun run = await CallAsync(address);

        Assert.Equal((int)ExitCode.Usage, run.ExitCode);
    }

    [Theory]
    [InlineData("-H", "no colon")]
    [InlineData("-H", "")]
    [InlineData("-H", "a;b: c")]
    [InlineData("-H", "Content-Type: text/plain")]
    [InlineData("-X", "A B")]
    [InlineData("-X", "")]
    [InlineData("-d", "@/no/such/file", "/no/such/file")]
    [InlineData("-d", "@")]
    [InlineData("-o", "")]
    [InlineData("--key", "")]
    public async Task What_is_wrong_is_named(string option, string value, string? named = null)
    {
        CommandRun run = await CallAsync("shop/", option, value);

        Assert.Equal((int)ExitCode.Usage, run.ExitCode);
        Assert.Contains(named ?? option, run.Error, StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        switch (request.RequestUri!.PathAndQuery)
        {
            case "/missing":
                return new HttpResponseMessage(HttpStatusCode.NotFound) { Content = new StringContent("not here") };
            case "/pieces":
                return new HttpResponseMessage { Content = new StreamContent(_pieces.Reader.AsStream()) };
            case "/large":
                return new HttpResponseMessage(HttpStatusCode.Conflict)
                {
                    Content = new StringContent(new string('x', 200_000), Encoding.UTF8, "application/problem+json") { Headers = { ContentLength = null } },
                };
            case "/hostile":
                return new HttpResponseMessage(HttpStatusCode.BadGateway)
                {
                    Content = new StringContent("{\"type\":\"urn:socketrest:x\",\"detail\":\"\\u001b[31mred\\u001b]0;title\\u0007\"}", Encoding.UTF8, "application/problem+json"),
                };
            case "/problem":
                return new HttpResponseMessage(HttpStatusCode.Conflict)
                {
                    Content = new StringContent("""{"type":"urn:other:problem","detail":"mine"}""", Encoding.UTF8, "application/problem+json"),
                };
        }

        string one = request.Headers.TryGetValues("X-One", out IEnumerable<string>? values) ? values.Single() : "";
        string body = request.Content is null ? "" : $"type={request.Content.Headers.ContentType} one={one}\n{await request.Content.ReadAsStringAsync(cancellationToken)}";
        return new HttpResponseMessage { Headers = { { "X-Answer", "yes" } }, Content = new StringContent($"{request.Method} {request.RequestUri.PathAndQuery}\n{body}") };
    }

    private Task<int> CallPiecesAsync(PipeWriter output, CancellationToken interrupted) => CommandLine.RunAsync(
        ["call", "shop/pieces", "--hub", _hub.Address.ToString()],
        new CommandEnvironment
        {
            Output = TextWriter.Null,
            Error = TextWriter.Null,
            OpenOutput = () => output.AsStream(),
            OpenInput = () => Stream.Null,
            Variable = _ => null,
            IsTerminal = false,
        },
        interrupted);

    /// <summary>Calls a hub that says just this and hangs up.</summary>
    private static async Task<(ExitCode, string)> CallRawAsync(string answer)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = ServeAsync();
        CommandRun run = await CommandRun.RunAsync("call", "shop/", "--hub", $"http://{listener.LocalEndpoint}");
        await serving.InTime();
        Assert.Contains("broke off", run.Error, StringComparison.Ordinal);
        return ((ExitCode)run.ExitCode, Encoding.ASCII.GetString(run.Bytes));

        async Task ServeAsync()
        {
            using TcpClient caller = await listener.AcceptTcpClientAsync();
            NetworkStream stream = caller.GetStream();

            // All of the request: to hang up over bytes that were not read would take the answer back.
            var request = new byte[10_000];
            int length = 0;
            while (!Encoding.ASCII.GetString(request, 0, length).Contains("\r\n\r\n", StringComparison.Ordinal))
                length += await stream.ReadAsync(request.AsMemory(length));
            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
        }
    }

    private Task<CommandRun> CallAsync(params string[] arguments) => CommandRun.RunAsync(["call", .. arguments, "--hub", _hub.Address.ToString()]);
}
