namespace SocketRest.Benchmarks.App;

internal sealed record OrderLine(string Sku, string Description, int Quantity, decimal Price);
