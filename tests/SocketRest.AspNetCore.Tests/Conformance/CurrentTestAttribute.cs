using System.Reflection;
using Xunit.Sdk;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>Tells a transport for which test it is started.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class CurrentTestAttribute : BeforeAfterTestAttribute
{
    private static readonly AsyncLocal<string?> s_name = new();

    /// <summary>The test's topic and name, without the arguments of a theory.</summary>
    public static string Name => s_name.Value ?? throw new InvalidOperationException("No test of the suite is running here.");

    public override void Before(MethodInfo methodUnderTest)
    {
        ArgumentNullException.ThrowIfNull(methodUnderTest);
        s_name.Value = $"{methodUnderTest.DeclaringType!.Name}.{methodUnderTest.Name}";
    }
}
