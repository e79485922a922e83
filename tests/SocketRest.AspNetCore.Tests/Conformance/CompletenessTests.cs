namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>No transport leaves a topic out by oversight.</summary>
public sealed class CompletenessTests
{
    [Fact]
    public void Every_topic_runs_over_every_transport()
    {
        var types = typeof(CompletenessTests).Assembly.GetTypes();
        var topics = types.Where(type => type.IsAbstract && TopicBase(type) is not null).ToArray();
        var transports = types.Where(type => !type.IsAbstract && type.IsAssignableTo(typeof(ITransport))).ToArray();
        var covered = types.Where(type => type.IsSealed && type.BaseType is { IsGenericType: true }).Select(type => type.BaseType!).ToHashSet();

        Assert.NotEmpty(topics);
        Assert.NotEmpty(transports);
        Assert.Empty(
            from topic in topics
            from transport in transports
            where !covered.Contains(topic.MakeGenericType(transport))
            select $"{topic.Name} over {transport.Name}");
    }

    private static Type? TopicBase(Type type) =>
        type.BaseType is { IsGenericType: true } candidate && candidate.GetGenericTypeDefinition() == typeof(ConformanceTests<>)
            ? candidate
            : null;
}
