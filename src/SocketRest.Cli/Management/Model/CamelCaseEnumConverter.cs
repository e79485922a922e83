using System.Text.Json;
using System.Text.Json.Serialization;

namespace SocketRest.Cli.Management.Model;

/// <summary>Writes an enumeration as the contract has it: <c>requestFinished</c>, never a number.</summary>
internal sealed class CamelCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
