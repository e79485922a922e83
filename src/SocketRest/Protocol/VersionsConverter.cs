using System.Text.Json;
using System.Text.Json.Serialization;

namespace SocketRest.Protocol;

/// <summary>The versions that a side speaks. A number that this side cannot hold is that of a version which it does not know, and is left out like any other.</summary>
internal sealed class VersionsConverter : JsonConverter<int[]>
{
    public override int[] Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("The versions are no array.");
        }

        var versions = new List<int>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || reader.ValueSpan.ContainsAny(".eE"u8))
            {
                throw new JsonException("A version is no integer.");
            }

            if (reader.TryGetInt32(out int version))
            {
                versions.Add(version);
            }
        }

        return [.. versions];
    }

    public override void Write(Utf8JsonWriter writer, int[] value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (int version in value)
        {
            writer.WriteNumberValue(version);
        }

        writer.WriteEndArray();
    }
}
