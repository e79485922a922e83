using System.Reflection;
using SocketRest.AspNetCore.Tests.Conformance.Transports;
using Xunit.Sdk;

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

    [Fact]
    public void Every_tunnel_has_the_cases_that_are_promised_and_some_of_every_topic()
    {
        var cases = typeof(CompletenessTests).Assembly.GetTypes()
            .Where(type => type.IsSealed && type.BaseType is { IsGenericType: true } topic && TopicBase(topic) is not null)
            .Select(type => (Type: type, Transport: type.BaseType!.GenericTypeArguments[0]))
            .Where(topic => topic.Transport.IsAssignableTo(typeof(TunnelTransport)))
            .GroupBy(topic => topic.Transport, topic => (Topic: topic.Type.Name, Count: CountCases(topic.Type, topic.Transport)))
            .ToArray();

        Assert.True(cases.Length >= 3, "There are three tunnels: each side serves, and the one over TestServer's WebSocket.");
        Assert.Empty(
            from transport in cases
            from topic in transport
            where topic.Count == 0
            select $"{topic.Topic} over {transport.Key.Name}");
        Assert.All(cases, transport => Assert.True(transport.Sum(topic => topic.Count) >= 120, $"{transport.Key.Name}: {transport.Sum(topic => topic.Count)}"));
    }

    private static int CountCases(Type type, Type transport)
    {
        var offered = ((ITransport)Activator.CreateInstance(transport)!).Capabilities;
        return type.GetMethods().Sum(method => method.GetCustomAttribute<FactAttribute>() switch
        {
            null or { Skip: not null } => 0,
            FactIfAttribute { Needs: var needs } when !offered.HasFlag(needs) => 0,
            TheoryIfAttribute { Needs: var needs } when !offered.HasFlag(needs) => 0,
            TheoryAttribute => method.GetCustomAttributes<DataAttribute>().Sum(data => data.GetData(method).Count()),
            _ => 1,
        });
    }

    private static Type? TopicBase(Type type) =>
        type.BaseType is { IsGenericType: true } candidate && candidate.GetGenericTypeDefinition() == typeof(ConformanceTests<>)
            ? candidate
            : null;
}
