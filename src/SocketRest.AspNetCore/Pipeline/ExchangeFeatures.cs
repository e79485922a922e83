using System.Collections;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>
/// The feature collection of one request: a slot for each feature that the framework asks for with every request, found by comparing
/// types, and a list for the rest.
/// </summary>
internal sealed class ExchangeFeatures : IFeatureCollection
{
    private static readonly Type[] s_types =
    [
        typeof(IHttpRequestFeature),
        typeof(IHttpResponseFeature),
        typeof(IHttpResponseBodyFeature),
        typeof(IRouteValuesFeature),
        typeof(IEndpointFeature),
        typeof(IServiceProvidersFeature),
        typeof(IHttpActivityFeature),
        typeof(IHttpRequestLifetimeFeature),
        typeof(IHttpConnectionFeature),
        typeof(IRequestBodyPipeFeature),
        typeof(IHttpAuthenticationFeature),
        typeof(IItemsFeature),
        typeof(IQueryFeature),
        typeof(IHttpRequestIdentifierFeature),
        typeof(IHttpMaxRequestBodySizeFeature),
        typeof(IHttpBodyControlFeature),
        typeof(IHttpRequestBodyDetectionFeature),
        typeof(IHttpResponseTrailersFeature),
        typeof(IHttpRequestTrailersFeature),
        typeof(IHttpResetFeature),
        typeof(IHttpExtendedConnectFeature),
        typeof(IHttpMetricsTagsFeature),
        typeof(ISocketRestConnectionFeature),
        typeof(IHttpMinRequestBodyDataRateFeature),
        typeof(IHttpMinResponseDataRateFeature),
    ];

    private readonly object?[] _initial = new object?[s_types.Length];
    private readonly object?[] _slots = new object?[s_types.Length];
    private List<KeyValuePair<Type, object>>? _others;

    /// <summary>Creates the collection over the object that implements the request's own features.</summary>
    public ExchangeFeatures(object exchange)
    {
        for (int i = 0; i < s_types.Length; i++)
        {
            _initial[i] = s_types[i].IsInstanceOfType(exchange) ? exchange : null;
        }
    }

    public bool IsReadOnly => false;

    public int Revision { get; private set; }

    public object? this[Type key]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(key);
            int index = IndexOf(key);
            return index >= 0 ? _slots[index] : Find(key);
        }

        set
        {
            ArgumentNullException.ThrowIfNull(key);
            Revision++;
            int index = IndexOf(key);
            if (index >= 0)
            {
                _slots[index] = value;
            }
            else
            {
                Replace(key, value);
            }
        }
    }

    public TFeature? Get<TFeature>() => (TFeature?)this[typeof(TFeature)];

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    /// <summary>Forgets what the last request set.</summary>
    public void Reset()
    {
        Revision++;
        _others?.Clear();
        _initial.CopyTo(_slots, 0);
    }

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator()
    {
        for (int i = 0; i < _slots.Length; i++)
        {
            if (_slots[i] is { } feature)
            {
                yield return new(s_types[i], feature);
            }
        }

        foreach (KeyValuePair<Type, object> other in _others ?? [])
        {
            yield return other;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int IndexOf(Type key)
    {
        Type[] types = s_types;
        for (int i = 0; i < types.Length; i++)
        {
            if (ReferenceEquals(types[i], key))
            {
                return i;
            }
        }

        return -1;
    }

    private object? Find(Type key)
    {
        if (_others is { } others)
        {
            foreach (KeyValuePair<Type, object> other in others)
            {
                if (other.Key == key)
                {
                    return other.Value;
                }
            }
        }

        return null;
    }

    private void Replace(Type key, object? value)
    {
        _others ??= [];
        _others.RemoveAll(other => other.Key == key);
        if (value is not null)
        {
            _others.Add(new(key, value));
        }
    }
}
