using System.Globalization;
using System.Text;

namespace SocketRest.Cli.Management.Metrics;

/// <summary>The tags of a measurement, as they came and as the text of labels.</summary>
internal sealed class LabelSet(KeyValuePair<string, object?>[] tags)
{
    /// <summary>Compares sets with tags that are still on the stack of who measures, so that a measurement makes no object.</summary>
    public static IEqualityComparer<LabelSet> Comparer { get; } = new ByTags();

    private KeyValuePair<string, object?>[] Tags { get; } = tags;

    /// <summary>The labels in order, without braces: <c>code="200",method="GET"</c>.</summary>
    public string Text(string scope)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["otel_scope_name"] = scope };
        foreach ((string name, object? value) in Tags)
        {
            labels.TryAdd(MetricName.OfLabel(name), value is bool flag ? flag ? "true" : "false" : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
        }

        var text = new StringBuilder();
        foreach ((string name, string value) in labels)
        {
            text.Append(text.Length == 0 ? "" : ",").Append(name).Append("=\"");
            MetricName.Escape(text, value, quotes: true);
            text.Append('"');
        }

        return text.ToString();
    }

    private sealed class ByTags : IEqualityComparer<LabelSet>, IAlternateEqualityComparer<ReadOnlySpan<KeyValuePair<string, object?>>, LabelSet>
    {
        public bool Equals(LabelSet? one, LabelSet? other) => one is null ? other is null : other is not null && Equals(one.Tags, other);

        public int GetHashCode(LabelSet set) => GetHashCode(set.Tags);

        public LabelSet Create(ReadOnlySpan<KeyValuePair<string, object?>> tags) => new(tags.ToArray());

        public bool Equals(ReadOnlySpan<KeyValuePair<string, object?>> tags, LabelSet set)
        {
            if (tags.Length != set.Tags.Length)
            {
                return false;
            }

            for (int i = 0; i < tags.Length; i++)
            {
                if (tags[i].Key != set.Tags[i].Key || !object.Equals(tags[i].Value, set.Tags[i].Value))
                {
                    return false;
                }
            }

            return true;
        }

        public int GetHashCode(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var hash = default(HashCode);
            foreach ((string name, object? value) in tags)
            {
                hash.Add(name);
                hash.Add(value);
            }

            return hash.ToHashCode();
        }
    }
}
