using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>
/// Makes the contexts that the application sees. The framework's own factory is replaced by what it does, over a context that is kept with
/// its exchange as Kestrel keeps one with its stream; a factory of the application's own is used as it is.
/// </summary>
internal sealed class ContextFactory(IHttpContextFactory factory, IServiceProvider services)
{
    private readonly bool _isDefault = factory.GetType() == typeof(DefaultHttpContextFactory);
    private readonly IHttpContextAccessor? _accessor = services.GetService<IHttpContextAccessor>();
    private readonly IServiceScopeFactory _scopes = services.GetRequiredService<IServiceScopeFactory>();
    private readonly FormOptions _form = services.GetRequiredService<IOptions<FormOptions>>().Value;

    public HttpContext Create(IFeatureCollection features, ref DefaultHttpContext? kept)
    {
        if (!_isDefault)
        {
            return factory.Create(features);
        }

        DefaultHttpContext context = kept ??= new DefaultHttpContext(features);
        context.Initialize(features);
        context.FormOptions = _form;
        context.ServiceScopeFactory = _scopes;
        _accessor?.HttpContext = context;
        return context;
    }

    /// <summary>Ends a context: who kept it gets errors from it, until its exchange serves another request.</summary>
    public void Dispose(HttpContext context)
    {
        if (!_isDefault)
        {
            factory.Dispose(context);
        }
        else
        {
            _accessor?.HttpContext = null;
        }

        (context as DefaultHttpContext)?.Uninitialize();
    }
}
