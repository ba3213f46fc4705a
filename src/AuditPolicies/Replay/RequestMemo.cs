using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Replay;

/// <summary>
/// Kinds of requests met before, found by the raw bytes of their attributes: an event whose kind is here costs no text, no decision and no
/// allocation. Names and namespaces that no rule mentions cannot change a decision and are left out of the key, or every pod would be a
/// kind of its own. A fixed number of places; a kind in the way of a newer one is handed back and forgotten.
/// </summary>
internal sealed class RequestMemo
{
    private const int Ways = 4;
    private const int SetBits = 13;
    private const int Sets = 1 << SetBits;
    private const int LongestKey = 4096;

    private readonly PolicyEvaluator _policy;
    private readonly PolicyEvaluator? _against;
    private readonly Action<RequestKind> _forget;
    private readonly Mentioned _names;
    private readonly Mentioned _namespaces;
    private readonly RequestKind?[] _places = new RequestKind?[Sets * Ways];
    private readonly byte[] _key = new byte[LongestKey];

    /// <param name="policy">Decides.</param>
    /// <param name="against">Decides too, when given.</param>
    /// <param name="forget">Told of every kind that leaves; its counts are final then.</param>
    public RequestMemo(Policy policy, Policy? against, Action<RequestKind> forget)
    {
        _policy = new PolicyEvaluator(policy);
        _against = against is null ? null : new PolicyEvaluator(against);
        _forget = forget;
        var rules = policy.Rules.Concat(against?.Rules ?? []).ToList();
        _names = new Mentioned(rules.SelectMany(rule => rule.Resources).SelectMany(entry => entry.ResourceNames));
        _namespaces = new Mentioned(rules.SelectMany(rule => rule.Namespaces));
    }

    /// <summary>The kind of a request, decided once.</summary>
    /// <exception cref="JsonException">An attribute is not valid JSON text.</exception>
    public RequestKind Find(in EventFields fields)
    {
        var namespaceText = _namespaces.Reduce(fields.Namespace, out var otherNamespace);
        // The API server fills in the name of a created object only after the policy decided without it.
        var creates = fields.Subresource.IsEmpty && fields.Verb.SequenceEqual("create"u8);
        var nameText = _names.Reduce(creates ? default : fields.Name, out var otherName);
        var query = fields.RequestUri.IndexOf((byte)'?');
        var path = fields.IsResourceRequest ? default : query < 0 ? fields.RequestUri : fields.RequestUri[..query];

        var key = new KeyWriter(_key);
        key.Add((byte)((fields.IsResourceRequest ? 1 : 0) | (otherNamespace ? 2 : 0) | (otherName ? 4 : 0)));
        key.Add(fields.Username);
        key.Add(fields.Groups);
        key.Add(fields.Verb);
        key.Add(fields.ApiGroup);
        key.Add(fields.Resource);
        key.Add(fields.Subresource);
        key.Add(namespaceText);
        key.Add(nameText);
        key.Add(path);
        if (key.IsTooLong)
        {
            // Nothing finds it again; it goes when something else takes the place.
            return Keep(0, Sets * Ways - 1, [], Decide(fields, path, namespaceText, otherNamespace, nameText, otherName));
        }

        var hash = Hash(key.Written);
        var first = (int)(hash >> (64 - SetBits)) * Ways;
        for (var i = first; i < first + Ways; i++)
        {
            if (_places[i] is { } kind && kind.Hash == hash && key.Written.SequenceEqual(kind.Key))
            {
                // One place forward: what comes often is far from the last place, where newcomers go.
                if (i > first)
                {
                    (_places[i], _places[i - 1]) = (_places[i - 1], kind);
                }

                return kind;
            }
        }

        return Keep(hash, FreePlace(first), key.Written.ToArray(), Decide(fields, path, namespaceText, otherNamespace, nameText, otherName));
    }

    /// <summary>Hands every kind back.</summary>
    public void Clear()
    {
        foreach (var kind in _places)
        {
            if (kind is not null)
            {
                _forget(kind);
            }
        }

        Array.Clear(_places);
    }

    private int FreePlace(int first)
    {
        for (var i = first; i < first + Ways - 1; i++)
        {
            if (_places[i] is null)
            {
                return i;
            }
        }

        return first + Ways - 1;
    }

    private RequestKind Keep(ulong hash, int place, byte[] key, RequestKind kind)
    {
        if (_places[place] is { } old)
        {
            _forget(old);
        }

        (kind.Hash, kind.Key) = (hash, key);
        return _places[place] = kind;
    }

    private RequestKind Decide(in EventFields fields, ReadOnlySpan<byte> path, ReadOnlySpan<byte> namespaceText, bool otherNamespace, ReadOnlySpan<byte> nameText, bool otherName)
    {
        var request = new AuditRequest
        {
            User = fields.Username.IsEmpty ? null : RawText.Decode(fields.Username),
            Groups = RawText.DecodeList(fields.Groups),
            Verb = RawText.Decode(fields.Verb),
            IsResourceRequest = fields.IsResourceRequest,
            Path = path.Contains((byte)'%') ? Uri.UnescapeDataString(RawText.Decode(path)) : RawText.Decode(path),
            ApiGroup = RawText.Decode(fields.ApiGroup),
            Namespace = otherNamespace ? _namespaces.Other : RawText.Decode(namespaceText),
            Resource = RawText.Decode(fields.Resource),
            Subresource = RawText.Decode(fields.Subresource),
            Name = otherName ? _names.Other : RawText.Decode(nameText),
        };
        return new RequestKind(request, _policy.Decide(request), _against?.Decide(request) ?? default);
    }

    private static ulong Hash(ReadOnlySpan<byte> key)
    {
        const ulong Odd = 0x9E37_79B9_7F4A_7C15;
        var hash = (ulong)key.Length * Odd;
        while (key.Length >= sizeof(ulong))
        {
            hash = (BitOperations.RotateLeft(hash, 23) ^ MemoryMarshal.Read<ulong>(key)) * Odd;
            key = key[sizeof(ulong)..];
        }

        foreach (var value in key)
        {
            hash = (BitOperations.RotateLeft(hash, 23) ^ value) * Odd;
        }

        return hash ^ (hash >> 32) * Odd;
    }

    /// <summary>Texts with their lengths, so that no two different lists of texts give the same key.</summary>
    private ref struct KeyWriter(Span<byte> buffer)
    {
        private readonly Span<byte> _buffer = buffer;
        private int _length;

        public bool IsTooLong { get; private set; }

        public readonly ReadOnlySpan<byte> Written => _buffer[.._length];

        public void Add(byte value) => _buffer[_length++] = value;

        public void Add(ReadOnlySpan<byte> text)
        {
            if (IsTooLong || _length + sizeof(ushort) + text.Length > _buffer.Length)
            {
                IsTooLong = true;
                return;
            }

            BinaryPrimitives.WriteUInt16LittleEndian(_buffer[_length..], (ushort)text.Length);
            text.CopyTo(_buffer[(_length + sizeof(ushort))..]);
            _length += sizeof(ushort) + text.Length;
        }
    }

    /// <summary>The values that some rule lists; all others are the same to a policy.</summary>
    private sealed class Mentioned
    {
        private const int LongestLookedUp = 1024;

        private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _values;
        private readonly int _longest;

        public Mentioned(IEnumerable<string> values)
        {
            var set = values.ToFrozenSet(StringComparer.Ordinal);
            _values = set.GetAlternateLookup<ReadOnlySpan<char>>();
            _longest = set.Count == 0 ? 0 : set.Max(value => value.Length);
            // Longer than any of them, so none of them.
            Other = new string('/', _longest + 1);
        }

        /// <summary>Stands for every value that no rule lists.</summary>
        public string Other { get; }

        /// <summary>The value itself when it may matter, otherwise nothing and <paramref name="other"/>.</summary>
        public ReadOnlySpan<byte> Reduce(ReadOnlySpan<byte> value, out bool other)
        {
            other = false;
            if (value.Length > LongestLookedUp || value.Contains((byte)'\\'))
            {
                return value;
            }

            Span<char> text = stackalloc char[LongestLookedUp];
            other = !_values.Contains(text[..Encoding.UTF8.GetChars(value, text)]);
            return other ? default : value;
        }
    }
}
