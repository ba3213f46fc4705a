using System.Globalization;
using System.Net;
using System.Text.Json;
using Comptroller.Drift.Events;

namespace Comptroller.Drift.Comparison;

/// <summary>
/// One thing that a security group lets through: protocol, ports and one peer. AWS merges what Terraform writes in several blocks and
/// the other way round; taken apart this far, both are the same set.
/// </summary>
/// <param name="Protocol"><c>tcp</c>, a number, or <c>-1</c> for all.</param>
/// <param name="From">First port; 0 where ports mean nothing.</param>
/// <param name="To">Last port.</param>
/// <param name="Peer">A block of addresses, a group or a prefix list.</param>
/// <param name="Kind">What the peer is.</param>
public readonly record struct NetworkRule(string Protocol, int From, int To, string Peer, PeerKind Kind)
{
    private static readonly int[] Sensitive = [22, 3389, 5985, 5986, 23, 445, 1433, 1521, 3306, 5432, 5900, 6379, 9200, 11211, 27017, 2375, 2376, 2379, 6443, 10250];

    /// <summary>Open to every address of the internet.</summary>
    public bool IsWorld => Kind is PeerKind.Ipv4 or PeerKind.Ipv6 && Peer.EndsWith("/0", StringComparison.Ordinal);

    /// <summary>Lets administration or a database be reached, or half of all ports.</summary>
    public bool IsSensitive
    {
        get
        {
            var (from, to) = (From, To);
            return Protocol == "-1" || to - from > 32_767 || Array.Exists(Sensitive, port => port >= from && port <= to);
        }
    }

    /// <summary>Reads permissions of EC2: a list, or <c>{"items": […]}</c>, in CloudTrail's case or the SDK's.</summary>
    public static HashSet<NetworkRule> OfPermissions(JsonElement permissions, string group)
    {
        var rules = new HashSet<NetworkRule>();
        foreach (var permission in Items(permissions))
        {
            var (protocol, from, to) = Ports(Any(permission, "ipProtocol", "IpProtocol"), Any(permission, "fromPort", "FromPort"), Any(permission, "toPort", "ToPort"));
            Add(PeerKind.Ipv4, Any(permission, "ipRanges", "IpRanges"), "cidrIp", "CidrIp");
            Add(PeerKind.Ipv6, Any(permission, "ipv6Ranges", "Ipv6Ranges"), "cidrIpv6", "CidrIpv6");
            Add(PeerKind.Group, Any(permission, "groups", "userIdGroupPairs", "UserIdGroupPairs"), "groupId", "GroupId");
            Add(PeerKind.PrefixList, Any(permission, "prefixListIds", "PrefixListIds"), "prefixListId", "PrefixListId");

            void Add(PeerKind kind, JsonElement peers, string name, string sdkName)
            {
                foreach (var peer in Items(peers))
                {
                    if (Texts.Of(Any(peer, name, sdkName)) is { Length: > 0 } text)
                    {
                        rules.Add(new NetworkRule(protocol, from, to, Address(text, kind, group), kind));
                    }
                }
            }
        }

        return rules;
    }

    /// <summary>Reads <c>ingress</c> or <c>egress</c> of a state.</summary>
    public static HashSet<NetworkRule> OfState(JsonElement blocks, string group)
    {
        var rules = new HashSet<NetworkRule>();
        foreach (var block in Items(blocks))
        {
            var (protocol, from, to) = Ports(block.Member("protocol"), block.Member("from_port"), block.Member("to_port"));
            foreach (var (name, kind) in (ReadOnlySpan<(string, PeerKind)>)[("cidr_blocks", PeerKind.Ipv4), ("ipv6_cidr_blocks", PeerKind.Ipv6), ("security_groups", PeerKind.Group), ("prefix_list_ids", PeerKind.PrefixList)])
            {
                foreach (var peer in Items(block.Member(name)))
                {
                    if (Texts.Of(peer) is { Length: > 0 } text)
                    {
                        rules.Add(new NetworkRule(protocol, from, to, Address(text, kind, group), kind));
                    }
                }
            }

            if (block.Text("self") == "true")
            {
                rules.Add(new NetworkRule(protocol, from, to, group, PeerKind.Group));
            }
        }

        return rules;
    }

    /// <summary>As <c>protocol|from|to|IPv4|IPv6|group</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Protocol}|{From}|{To}|{(Kind == PeerKind.Ipv4 ? Peer : "")}|{(Kind == PeerKind.Ipv6 ? Peer : "")}|{(Kind is PeerKind.Group or PeerKind.PrefixList ? Peer : "")}");

    /// <summary>As a block of Terraform.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("protocol", Protocol);
        writer.WriteNumber("from_port", From);
        writer.WriteNumber("to_port", To);
        writer.WriteStartArray(Kind switch
        {
            PeerKind.Ipv4 => "cidr_blocks",
            PeerKind.Ipv6 => "ipv6_cidr_blocks",
            PeerKind.Group => "security_groups",
            _ => "prefix_list_ids",
        });
        writer.WriteStringValue(Peer);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static (string Protocol, int From, int To) Ports(JsonElement protocol, JsonElement from, JsonElement to)
    {
        var name = (Texts.Of(protocol) ?? "").ToLowerInvariant() switch
        {
            "" or "all" or "-1" => "-1",
            "6" => "tcp",
            "17" => "udp",
            "1" => "icmp",
            "58" => "icmpv6",
            var other => other,
        };
        // With all protocols the ports are 0, absent, -1 or 65535, whoever writes them.
        return name == "-1" ? (name, 0, 0) : (name, Number(from), Number(to));
    }

    private static int Number(JsonElement value) => int.TryParse(Texts.Of(value), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;

    // fd00:0:0::/48 and fd00::/48 are one block; a group of another account is written account/group.
    private static string Address(string text, PeerKind kind, string group)
    {
        if (kind == PeerKind.Group)
        {
            return text == "self" ? group : text[(text.LastIndexOf('/') + 1)..];
        }

        return kind is PeerKind.Ipv4 or PeerKind.Ipv6 && IPNetwork.TryParse(text, out var network) ? network.ToString() : text;
    }

    private static JsonElement Any(JsonElement element, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (element.Member(name) is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } value)
            {
                return value;
            }
        }

        return default;
    }

    private static IEnumerable<JsonElement> Items(JsonElement list) => list.ValueKind switch
    {
        JsonValueKind.Array => list.EnumerateArray(),
        JsonValueKind.Object when list.Member("items") is { ValueKind: JsonValueKind.Array } items => items.EnumerateArray(),
        JsonValueKind.Object when list.Member("items").ValueKind == JsonValueKind.Undefined => [list],
        _ => [],
    };
}

/// <summary>What a security group lets in or out.</summary>
public enum PeerKind
{
    Ipv4,
    Ipv6,
    Group,
    PrefixList,
}
