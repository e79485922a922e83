namespace SocketRest.Benchmarks.Measuring;

/// <summary>One call as a user would write it, its answer checked.</summary>
internal interface ICall
{
    /// <param name="number">Different for every call in flight, so that an answer that went to the wrong caller shows.</param>
    ValueTask InvokeAsync(long number);
}
