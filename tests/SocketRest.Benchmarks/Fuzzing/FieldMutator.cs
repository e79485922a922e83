namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>Changes what a header block says.</summary>
internal sealed class FieldMutator(FuzzRandom random)
{
    private static readonly string[] s_paths =
        ["/hello", "/echo", "/long", "/wait", "/abort", "/", "", "*", "hello", "/a b", "/%00", "/../x", "//", "/%2F?", "/?q#f", "http://x/", "/\u00e9", "/a%"];

    private static readonly string[] s_methods = ["GET", "POST", "HEAD", "PUT", "OPTIONS", "CONNECT", "TRACE", "", "get", "G T", "\u00e9"];

    private static readonly string[] s_statuses =
        ["200", "204", "304", "404", "500", "100", "101", "103", "199", "999", "099", "1000", "", "abc", "-20", "20 ", "0x2", "+20"];

    private static readonly Field[] s_extras =
    [
        new("content-length", "0"), new("content-length", "5"), new("content-length", "-1"), new("content-length", "99999999999999999999"), new("content-length", "5, 5"),
        new("connection", "close"), new("transfer-encoding", "chunked"), new("te", "trailers"), new("te", "gzip"), new("upgrade", "websocket"),
        new("Upper-Case", "1"), new("", "x"), new("a b", "x"), new("x", "a\r\nb: c"), new("x", "\0"), new("x", "\t \u20ac"), new("cookie", "a=b"), new("cookie", "c"),
        new("host", "other"), new("expect", "100-continue"), new(":status", "200"), new(":method", "GET"), new(":path", "/"), new(":nothing", "1"),
        new(":protocol", "websocket"), new(":scheme", "ftp"), new(":authority", "a b"), new(":authority", ""), new("content-type", "???"), new("content-encoding", "gzip"),
        new("location", "/hello"), new("set-cookie", "a=b; Domain=."), new("date", "yesterday"), new("traceparent", "00-0-0"),
    ];

    public Field[] Interim() => [new(":status", random.Pick(["100", "102", "103", "101", "199"])), .. random.OneIn(3) ? new Field[] { random.Pick(s_extras) } : []];

    public Field[] Request()
    {
        Field[] fields = [new(":method", "GET"), new(":scheme", "http"), new(":authority", "peer"), new(":path", random.Pick(s_paths))];
        return random.OneIn(3) ? Mutate(fields) : fields;
    }

    public Field[] Mutate(Field[] fields)
    {
        List<Field> changed = [.. fields];
        for (var times = 1 + random.Next(2); times > 0; times--)
        {
            var at = random.Next(Math.Max(changed.Count, 1));
            switch (changed.Count == 0 ? 3 : random.Next(8))
            {
                case 0:
                    changed.RemoveAt(at);
                    break;
                case 1:
                    changed.Insert(random.Next(changed.Count + 1), changed[at]);
                    break;
                case 2:
                    var other = random.Next(changed.Count);
                    (changed[at], changed[other]) = (changed[other], changed[at]);
                    break;
                case 3 or 4:
                    changed.Insert(random.Next(changed.Count + 1), random.Pick(s_extras));
                    break;
                case 5 when random.OneIn(4):
                    Flood(changed);
                    break;
                default:
                    changed[at] = Replace(changed[at]);
                    break;
            }
        }

        return [.. changed];
    }

    private void Flood(List<Field> fields)
    {
        if (random.OneIn(2))
        {
            fields.Add(new("x-large", new string('a', random.Pick([126, 127, 128, 2000, 3000]))));
            return;
        }

        for (var i = random.Pick([15, 25]); i > 0; i--)
        {
            fields.Add(new("x", "1"));
        }
    }

    private Field Replace(Field field) => field.Name switch
    {
        ":path" => field with { Value = random.Pick(s_paths) },
        ":method" => field with { Value = random.Pick(s_methods) },
        ":status" => field with { Value = random.Pick(s_statuses) },
        ":scheme" => field with { Value = random.Pick(["https", "", "HTTP", "ws"]) },
        "content-length" => field with { Value = random.Pick(["0", "1", "199", "201", "", "x", "200 "]) },
        _ => random.OneIn(2) ? field with { Name = random.Pick([field.Name.ToUpperInvariant(), ":" + field.Name, "", field.Name + "\n"]) } : field with { Value = field.Value + "\u0001" },
    };
}
