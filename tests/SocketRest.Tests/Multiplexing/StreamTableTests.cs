using SocketRest.Multiplexing;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

public sealed class StreamTableTests
{
    /// <summary>Six IDs of each side before they wrap.</summary>
    private const uint NearTheEnd = uint.MaxValue - 11;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ids_wrap_and_skip_0_and_those_that_are_still_alive(bool isDialler)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        var table = new StreamTable(isDialler, NearTheEnd);
        TunnelStream? old = null;
        for (int i = 0; i < 20; i++)
        {
            TunnelStream stream = Add(table, dialogue);
            Assert.NotEqual(0u, stream.Id);
            Assert.Equal(isDialler ? 1u : 0u, stream.Id & 1);
            Assert.False(table.IsNew(stream.Id));
            if (i == 10)
            {
                old = stream;
            }
            else
            {
                table.Remove(stream);
            }
        }

        uint taken = old!.Id;
        Assert.True(taken < 30, $"The IDs have not wrapped: {taken}.");

        // Once around: the one that is alive keeps its ID.
        var again = new StreamTable(isDialler, unchecked(taken - (isDialler ? 1u : 2u)));
        Assert.Equal(taken, Add(again, dialogue).Id);
        TunnelStream next = Add(again, dialogue);
        Assert.Equal(taken + 2, next.Id);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_id_that_is_alive_is_skipped_when_its_turn_comes_again(bool isDialler)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        uint first = isDialler ? 1u : 2u;
        var table = new StreamTable(isDialler, unchecked(0u - 2));
        var alive = new TunnelStream(dialogue.Connection, isLocal: true) { Id = first };
        table.AddRemote(alive);
        uint before = Add(table, dialogue).Id;
        Assert.Equal(isDialler ? uint.MaxValue : first + 2, before);
        Assert.Equal(isDialler ? first + 2 : first + 4, Add(table, dialogue).Id);
        Assert.True(table.TryGet(first, out TunnelStream? found, out _));
        Assert.Same(alive, found);
    }

    [Fact]
    public void The_peers_ids_are_new_after_the_last_one_by_serial_arithmetic()
    {
        var table = new StreamTable(isDialler: true, NearTheEnd);
        Assert.Equal(0u, table.LastRemote);
        uint last = uint.MaxValue - 1;
        Assert.True(table.IsNew(last));
        table.NoteRemote(last);
        Assert.Equal(last, table.LastRemote);
        Assert.False(table.IsNew(last));
        Assert.False(table.IsNew(last - 2));
        Assert.True(table.IsNew(2));
        table.NoteRemote(2);
        Assert.False(table.IsNew(last));
        Assert.False(table.IsNew(2));
        Assert.True(table.IsNew(4));
        Assert.True(table.IsNew(0x8000_0000));
        Assert.False(table.IsNew(0x8000_0004));
    }

    [Fact]
    public void Odd_ids_are_the_diallers()
    {
        Assert.True(new StreamTable(isDialler: true).IsLocal(1));
        Assert.False(new StreamTable(isDialler: true).IsLocal(2));
        Assert.True(new StreamTable(isDialler: false).IsLocal(2));
        Assert.True(new StreamTable(isDialler: true).IsNew(1));
        Assert.True(new StreamTable(isDialler: true).IsNew(2));
        Assert.True(new StreamTable(isDialler: false).IsNew(1));
        Assert.True(new StreamTable(isDialler: false).IsNew(2));
    }

    private static TunnelStream Add(StreamTable table, Dialogue dialogue)
    {
        var stream = new TunnelStream(dialogue.Connection, isLocal: true);
        table.AddLocal(stream);
        return stream;
    }
}
