using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace SocketRest.Tests.Dialogues;

/// <summary>The exceptions that something throws from its start on, wherever they are caught. What runs beside it throws its own.</summary>
internal sealed class ThrownExceptions : IDisposable
{
    private static readonly AsyncLocal<ThrownExceptions?> s_current = new();

    private readonly ConcurrentQueue<string> _all = new();

    public ThrownExceptions() => AppDomain.CurrentDomain.FirstChanceException += Note;

    public IReadOnlyCollection<string> All => _all;

    public T Of<T>(Func<T> start)
    {
        s_current.Value = this;
        try
        {
            return start();
        }
        finally
        {
            s_current.Value = null;
        }
    }

    public void Dispose() => AppDomain.CurrentDomain.FirstChanceException -= Note;

    private void Note(object? sender, FirstChanceExceptionEventArgs thrown)
    {
        if (s_current.Value == this)
        {
            _all.Enqueue($"{thrown.Exception.GetType().Name}: {thrown.Exception.Message}");
        }
    }
}
