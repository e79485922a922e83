namespace SocketRest.Benchmarks.App;

/// <summary>The typed body of the JSON scenario: about 1 KiB serialized.</summary>
internal sealed record Order(long Id, string Customer, string Address, string Note, DateTimeOffset Placed, OrderLine[] Lines, decimal Total)
{
    public static Order Sample { get; } = new(
        0,
        "Ada Lovelace",
        "12 St James's Square, London SW1Y 4JH",
        "Ring twice; the parcel may stay with the neighbour on the left if nobody answers.",
        new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero),
        [.. Enumerable.Range(1, 9).Select(i => new OrderLine($"PUNCHED-{i:000}", $"Punched cards, box number {i}", i, 1.25m * i))],
        0);

    public static decimal SampleTotal { get; } = Sample.Lines.Sum(line => line.Quantity * line.Price);
}
