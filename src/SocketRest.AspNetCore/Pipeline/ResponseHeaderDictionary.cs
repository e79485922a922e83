using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>
/// The headers that an application gives its response. As on Kestrel a bad name or value fails where it is written, so that the stack trace
/// names the culprit, and nothing can be written once the head is on its way. Pooled: <see cref="Reset"/> keeps the capacity.
/// </summary>
internal sealed class ResponseHeaderDictionary : IHeaderDictionary
{
    /// <summary>One response with many headers must not make every later one clear and hold as large a table.</summary>
    private const int MaxPooledCount = 64;

    private const string ContentLengthName = "Content-Length";

    // Content-Length is kept as a number: it is nearly always set and read as one.
    private readonly Dictionary<string, StringValues> _headers = new(StringComparer.OrdinalIgnoreCase);
    private long? _contentLength;

    public bool IsReadOnly { get; private set; }

    public int Count => _headers.Count + (_contentLength is null ? 0 : 1);

    public ICollection<string> Keys
    {
        get
        {
            var keys = new List<string>(Count);
            foreach (var header in this)
                keys.Add(header.Key);
            return keys;
        }
    }

    public ICollection<StringValues> Values
    {
        get
        {
            var values = new List<StringValues>(Count);
            foreach (var header in this)
                values.Add(header.Value);
            return values;
        }
    }

    public long? ContentLength
    {
        get => _contentLength;
        set
        {
            ThrowIfReadOnly();
            if (value is { } length)
                ArgumentOutOfRangeException.ThrowIfNegative(length, nameof(value));
            _contentLength = value;
        }
    }

    public StringValues this[string key]
    {
        get => TryGetValue(key, out var value) ? value : default;
        set
        {
            ThrowIfReadOnly();
            ResponseHeaderValidation.ThrowIfEmptyName(key);
            if (value.Count == 0)
                RemoveCore(key);
            else if (IsContentLength(key))
                _contentLength = ResponseHeaderValidation.ParseContentLength(value);
            else
                _headers[key] = Validated(key, value);
        }
    }

    // Through this interface a missing key is an error, as in any dictionary.
    StringValues IDictionary<string, StringValues>.this[string key]
    {
        get => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"The response has no header '{key}'.");
        set => this[key] = value;
    }

    /// <summary>From here on every write throws: the head is on its way.</summary>
    public void SetReadOnly() => IsReadOnly = true;

    /// <summary>Empties it for the next response.</summary>
    public void Reset()
    {
        if (_headers.Count > MaxPooledCount)
        {
            _headers.Clear();
            _headers.TrimExcess();
        }
        else if (_headers.Count > 0)
        {
            _headers.Clear();
        }

        _contentLength = null;
        IsReadOnly = false;
    }

    public bool TryGetValue(string key, out StringValues value)
    {
        if (!IsContentLength(key))
            return _headers.TryGetValue(key, out value);
        value = _contentLength is { } length ? FormatLength(length) : default;
        return _contentLength is not null;
    }

    public bool ContainsKey(string key) => IsContentLength(key) ? _contentLength is not null : _headers.ContainsKey(key);

    public void Add(string key, StringValues value)
    {
        ThrowIfReadOnly();
        ResponseHeaderValidation.ThrowIfEmptyName(key);
        if (value.Count == 0)
            return;
        if (!IsContentLength(key))
            _headers.Add(key, Validated(key, value));
        else if (_contentLength is null)
            _contentLength = ResponseHeaderValidation.ParseContentLength(value);
        else
            throw new ArgumentException($"The response has a header '{key}' already.", nameof(key));
    }

    public void Add(KeyValuePair<string, StringValues> item) => Add(item.Key, item.Value);

    public bool Remove(string key)
    {
        ThrowIfReadOnly();
        return RemoveCore(key);
    }

    public bool Remove(KeyValuePair<string, StringValues> item)
    {
        ThrowIfReadOnly();
        return Contains(item) && RemoveCore(item.Key);
    }

    public void Clear()
    {
        ThrowIfReadOnly();
        _headers.Clear();
        _contentLength = null;
    }

    public bool Contains(KeyValuePair<string, StringValues> item) =>
        TryGetValue(item.Key, out var value) && StringValues.Equals(value, item.Value);

    public void CopyTo(KeyValuePair<string, StringValues>[] array, int arrayIndex)
    {
        ArgumentNullException.ThrowIfNull(array);
        ArgumentOutOfRangeException.ThrowIfNegative(arrayIndex);
        if (array.Length - arrayIndex < Count)
            throw new ArgumentException("The array is too short for the headers.", nameof(array));
        foreach (var header in this)
            array[arrayIndex++] = header;
    }

    /// <summary>For the encoder: enumerates without allocating, Content-Length last.</summary>
    public Enumerator GetEnumerator() => new(this);

    IEnumerator<KeyValuePair<string, StringValues>> IEnumerable<KeyValuePair<string, StringValues>>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private bool RemoveCore(string key)
    {
        if (!IsContentLength(key))
            return _headers.Remove(key);
        var removed = _contentLength is not null;
        _contentLength = null;
        return removed;
    }

    private static StringValues Validated(string key, StringValues value)
    {
        ResponseHeaderValidation.ThrowIfInvalidName(key);
        ResponseHeaderValidation.ThrowIfInvalidValue(key, value);
        return value;
    }

    private static bool IsContentLength(string key) => string.Equals(key, ContentLengthName, StringComparison.OrdinalIgnoreCase);

    private static string FormatLength(long length) => length.ToString(CultureInfo.InvariantCulture);

    private void ThrowIfReadOnly()
    {
        if (IsReadOnly)
            ThrowReadOnly();
    }

    [DoesNotReturn]
    private static void ThrowReadOnly() =>
        throw new InvalidOperationException("The response has started: its headers can no longer be changed.");

    /// <summary>Boxed only where the caller asks for the interface.</summary>
    internal struct Enumerator : IEnumerator<KeyValuePair<string, StringValues>>
    {
        private readonly ResponseHeaderDictionary _owner;
        private Dictionary<string, StringValues>.Enumerator _headers;
        private bool _atLength;

        public Enumerator(ResponseHeaderDictionary owner)
        {
            _owner = owner;
            _headers = owner._headers.GetEnumerator();
        }

        public KeyValuePair<string, StringValues> Current { get; private set; }

        readonly object IEnumerator.Current => Current;

        public bool MoveNext()
        {
            if (_headers.MoveNext())
            {
                Current = _headers.Current;
                return true;
            }

            if (_atLength || _owner._contentLength is not { } length)
                return false;
            _atLength = true;
            Current = new(ContentLengthName, FormatLength(length));
            return true;
        }

        public void Reset()
        {
            _headers = _owner._headers.GetEnumerator();
            _atLength = false;
        }

        public readonly void Dispose()
        {
        }
    }
}
