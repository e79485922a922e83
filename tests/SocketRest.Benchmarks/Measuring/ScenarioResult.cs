namespace SocketRest.Benchmarks.Measuring;

/// <summary>One table.</summary>
internal sealed class ScenarioResult(string name, string title, string unit, IReadOnlyList<PeerResult> peers)
{
    public string Name { get; } = name;

    public string Title { get; } = title;

    public string Unit { get; } = unit;

    /// <summary>The heads of the columns that are not compared.</summary>
    public IReadOnlyList<string> AsideUnits { get; init; } = [];

    public bool LowerIsBetter { get; init; }

    public IReadOnlyList<PeerResult> Peers { get; } = peers;

    public PeerResult? Subject => Peers.FirstOrDefault(peer => peer.Role == Role.Subject);

    /// <summary>Sentences below the table.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Above 1 where SocketRest is better.</summary>
    public double? Ratio(PeerResult peer)
    {
        if (Subject is not { } subject || peer.Role is Role.Subject or Role.Floor)
        {
            return null;
        }

        return LowerIsBetter ? peer.Figure.Median / subject.Figure.Median : subject.Figure.Median / peer.Figure.Median;
    }
}
