using System.Text.Json;
using System.Text.Json.Serialization;

namespace SocketRest.Benchmarks.App;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Order))]
internal sealed partial class OrderJsonContext : JsonSerializerContext;
