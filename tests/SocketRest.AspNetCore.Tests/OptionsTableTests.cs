using System.Collections;
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text.RegularExpressions;

namespace SocketRest.AspNetCore.Tests;

/// <summary>The README names every option there is, with the default that it has.</summary>
public sealed partial class OptionsTableTests
{
    private static readonly object[] s_tables =
    [
        new SocketRestOptions(), new SocketRestClientOptions(), new SocketRestAgentOptions(), new SocketRestServerOptions(), new SocketRestForwarderOptions(),
        new SocketRestServingOptions(), new SocketRestClient(new SocketRestClientOptions { Uri = new Uri("ws://hub.example/tunnel") }).CreateHandler(),
    ];

    public static TheoryData<string> Tables => [.. ReadmeTables.Options.Keys];

    [Theory]
    [MemberData(nameof(Tables))]
    public void Every_option_is_in_the_table_of_its_type_with_its_default(string type)
    {
        object defaults = s_tables.Single(table => table.GetType().Name == type);
        IReadOnlyDictionary<string, string> rows = ReadmeTables.Options[type];

        PropertyInfo[] options = [.. defaults.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(IsOption)];

        // The one that two types have stands in the table of one and the sentence above the other.
        Assert.Equal(
            options.Select(option => option.Name).Where(name => rows.ContainsKey(name) || !(type == nameof(SocketRestServerOptions) && name == "ShutdownTimeout")).Order(),
            rows.Keys.Order());
        foreach (PropertyInfo option in options.Where(option => rows.ContainsKey(option.Name)))
        {
            Assert.True(Says(rows[option.Name], option.GetValue(defaults)), $"{type}.{option.Name}: the README says \"{rows[option.Name]}\", and it is {option.GetValue(defaults) ?? "null"}.");
        }
    }

    [Fact]
    public void Every_type_of_options_has_a_table() =>
        Assert.Equal(s_tables.Select(table => table.GetType().Name).Order(), ReadmeTables.Options.Keys.Order());

    [Fact]
    public void Bounds_that_are_options_have_the_defaults_of_these()
    {
        Assert.True(ReadmeTables.Bounds.Count > 20);
        foreach ((string bound, IReadOnlyList<string> options, string text) in ReadmeTables.Bounds)
        {
            string[] numbers = [.. Number().Matches(text).Select(number => number.Value)];
            foreach (string name in options)
            {
                string told = ReadmeTables.Options.Values.Select(rows => rows.GetValueOrDefault(name)).FirstOrDefault(value => value is not null)
                    ?? throw new InvalidOperationException($"{bound}: there is no option {name}.");
                Assert.True(Number().Match(told) is not { Success: true } number || numbers.Contains(number.Value), $"{bound}: {name} is {told}, and not {text}.");
            }
        }
    }

    private static bool IsOption(PropertyInfo property) =>
        property.GetMethod?.IsPublic == true && (property.SetMethod?.IsPublic == true || typeof(IEnumerable).IsAssignableFrom(property.PropertyType));

    private static bool Says(string text, object? value) => value switch
    {
        null => text.StartsWith("none", StringComparison.Ordinal) || text.StartsWith("`null`", StringComparison.Ordinal),
        bool flag => text == (flag ? "`true`" : "`false`"),
        Enum name => text.Trim('`') == name.ToString(),
        TimeSpan time when time == Timeout.InfiniteTimeSpan => text.StartsWith("infinite", StringComparison.Ordinal),
        TimeSpan time => text == string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds} s"),
        int or long => Number().Match(text).Value == string.Create(CultureInfo.InvariantCulture, $"{value:N0}"),
        TimeProvider clock => text == "the system's" && clock == TimeProvider.System,
        CookieContainer => text == "one of its own",
        string => text == "random",
        IEnumerable list => !list.GetEnumerator().MoveNext() && (text == "none" || text.StartsWith("empty", StringComparison.Ordinal)),
        _ => false,
    };

    [GeneratedRegex(@"\b\d+(,\d{3})*\b")]
    private static partial Regex Number();
}
