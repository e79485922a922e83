using Xunit.Abstractions;
using Xunit.Sdk;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>
/// A case that exists only for the transports with the named capabilities. For the others there is no such case: it is neither
/// run nor counted, because what it asks for is not theirs to give.
/// </summary>
[XunitTestCaseDiscoverer("SocketRest.AspNetCore.Tests.Conformance." + nameof(FactIfDiscoverer), "SocketRest.AspNetCore.Tests")]
public sealed class FactIfAttribute(Capability needs) : FactAttribute
{
    public Capability Needs { get; } = needs;
}

/// <inheritdoc cref="FactIfAttribute"/>
[XunitTestCaseDiscoverer("SocketRest.AspNetCore.Tests.Conformance." + nameof(TheoryIfDiscoverer), "SocketRest.AspNetCore.Tests")]
public sealed class TheoryIfAttribute(Capability needs) : TheoryAttribute
{
    public Capability Needs { get; } = needs;
}

/// <summary>Finds the cases of <see cref="FactIfAttribute"/>.</summary>
public sealed class FactIfDiscoverer(IMessageSink sink) : FactDiscoverer(sink)
{
    public override IEnumerable<IXunitTestCase> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        Offered.By(testMethod, factAttribute) ? base.Discover(discoveryOptions, testMethod, factAttribute) : [];
}

/// <summary>Finds the cases of <see cref="TheoryIfAttribute"/>.</summary>
public sealed class TheoryIfDiscoverer(IMessageSink sink) : TheoryDiscoverer(sink)
{
    public override IEnumerable<IXunitTestCase> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo theoryAttribute) =>
        Offered.By(testMethod, theoryAttribute) ? base.Discover(discoveryOptions, testMethod, theoryAttribute) : [];
}

internal static class Offered
{
    public static bool By(ITestMethod method, IAttributeInfo attribute)
    {
        var needs = (Capability)attribute.GetConstructorArguments().Single();
        return TransportOf(method.TestClass.Class.ToRuntimeType()).Capabilities.HasFlag(needs);
    }

    private static ITransport TransportOf(Type testClass)
    {
        for (var type = testClass; type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ConformanceTests<>))
            {
                return (ITransport)Activator.CreateInstance(type.GenericTypeArguments[0])!;
            }
        }

        throw new InvalidOperationException($"{testClass} asks for a capability but has no transport.");
    }
}
