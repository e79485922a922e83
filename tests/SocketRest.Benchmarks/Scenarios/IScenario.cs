using SocketRest.Benchmarks.Measuring;

namespace SocketRest.Benchmarks.Scenarios;

internal interface IScenario
{
    /// <summary>What <c>--only</c> takes.</summary>
    string Name { get; }

    Task RunAsync(Plan plan, Report report);
}
