namespace SocketRest.Protocol.Hpack;

/// <summary>Where a field may be found without looking for it.</summary>
/// <param name="StaticIndex">The index in the static table, or 0 where the field is in the dynamic one.</param>
/// <param name="Number">The dynamic table's number for the entry.</param>
internal readonly record struct FieldGuess(int StaticIndex, uint Number);
