namespace SocketRest.Benchmarks.Measuring;

/// <summary>What one peer reached in a scenario: the figure that is compared, and what else is worth a column.</summary>
internal sealed class PeerResult(string name, Role role)
{
    public string Name { get; } = name;

    public Role Role { get; } = role;

    public Series Figure { get; } = new();

    /// <summary>Fill the scenario's further columns, in their order.</summary>
    public List<Series> Asides { get; } = [];

    /// <summary>Takes one round's figures.</summary>
    public void Add(double figure, params ReadOnlySpan<double> asides)
    {
        Figure.Add(figure);
        for (var i = 0; i < asides.Length; i++)
        {
            if (Asides.Count == i)
            {
                Asides.Add(new Series());
            }

            Asides[i].Add(asides[i]);
        }
    }
}
