using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Comptroller.Drift.Events;

/// <summary>Reads calls of AWS: alerts of Falco's cloudtrail plugin and CloudTrail's own records.</summary>
internal static partial class AwsEvents
{
    public const string FalcoSource = "aws_cloudtrail";

    /// <summary>A call, wherever it was written down.</summary>
    private sealed record Call(string Name, string Source, Parameters Request, Parameters Response)
    {
        public string Error { get; init; } = "";
        public bool IsReadOnly { get; init; }

        /// <summary>What a rule calls the resource itself, for calls whose parameters do not name it; empty when it does not.</summary>
        public string Named { get; init; } = "";
        public required ChangeEvent Frame { get; init; }

        /// <summary>What the log calls the call.</summary>
        public JsonElement Id { get; init; }
    }

    /// <summary>An alert of Falco.</summary>
    public static Understanding Read(FieldSet fields, DateTimeOffset? alertTime)
    {
        var call = new Call(
            fields.Text("ct.name") ?? "",
            fields.Text("ct.src") ?? "",
            new Parameters(fields, "ct.request"),
            new Parameters(fields, "ct.response"))
        {
            Error = fields.Text("ct.error") ?? "",
            IsReadOnly = fields.Text("ct.readonly") == "true",
            // The plugin has no such fields; rules of people have.
            Named = fields.Text("ct.resource.id", "ct.request.resource") ?? "",
            Id = fields["ct.id"],
            Frame = Frame(
                Actor.OfAws(
                    fields.Text("ct.user"), fields.Text("ct.originaluser"), fields.Text("ct.user.identitytype", "ct.user.type"), fields.Text("ct.user.arn"),
                    fields.Text("ct.user.principalid")),
                fields.Text("ct.user.accountid", "ct.recipientaccountid"),
                fields.Text("ct.region"),
                fields.Text("ct.srcip"),
                fields.Text("ct.useragent"),
                fields.Text("ct.requestid", "ct.id"),
                fields.Time("ct.time") ?? alertTime),
        };
        return Understand(call, FalcoSource);
    }

    /// <summary>A record of CloudTrail.</summary>
    public static Understanding Read(JsonElement record, string source)
    {
        var identity = record.Member("userIdentity");
        var session = identity.Member("sessionContext");
        var call = new Call(
            record.Text("eventName"),
            record.Text("eventSource"),
            new Parameters(record.Member("requestParameters"), null, ""),
            new Parameters(record.Member("responseElements"), null, ""))
        {
            Error = record.Text("errorCode"),
            IsReadOnly = Texts.Of(record.Member("readOnly")) == "true",
            Id = record.Member("eventID"),
            Frame = Frame(
                Actor.OfAws(
                    identity.Text("userName"), session.Text("sourceIdentity"), identity.Text("type"), identity.Text("arn"), identity.Text("principalId"),
                    session.Member("sessionIssuer").Text("userName")),
                identity.Text("accountId") is { Length: > 0 } account ? account : record.Text("recipientAccountId"),
                record.Text("awsRegion"),
                record.Text("sourceIPAddress"),
                record.Text("userAgent"),
                record.Text("requestID"),
                Texts.Time(record.Text("eventTime"))),
        };
        return Understand(call, source);
    }

    private static Understanding Understand(Call call, string source)
    {
        // Lambda and CloudFront put the date of an API version behind the name.
        var name = call.Name.Length > 0 && char.IsAsciiDigit(call.Name[^1]) ? ApiDate().Replace(call.Name, "") : call.Name;
        var rule = EventTables.AwsCall(name, call.Source);
        if (call.IsReadOnly || (rule is null && EventTables.Reads(name)))
        {
            return Understanding.Dropped(DropReason.ReadOnly, source);
        }

        if (call.Error.Length > 0)
        {
            return Understanding.Dropped(DropReason.FailedCall, source);
        }

        if (rule is null)
        {
            return Understanding.Dropped(DropReason.Irrelevant, source);
        }

        var resources = Resources(rule, call);
        if (resources.Count == 0)
        {
            return Understanding.Dropped(DropReason.NoId, source);
        }

        var changes = EventTables.AwsChanges(name)
            .Select(each => each.Read(path => Find(call, path), call.Request.Body)).OfType<Change>().ToImmutableArray();
        var mark = EventMark.Of(call.Id, call.Request.Body);
        return Understanding.Of(
            [.. resources.Select((ids, at) => call.Frame with { Name = name, Type = rule.Type, Ids = ids, Changes = changes, Action = rule.Action, Request = call.Request.Body, Mark = mark.Of(at) })], source);
    }

    private static JsonElement Find(Call call, string path) => path[0] == '<' ? call.Response.First(path[1..]) : call.Request.First(path);

    private static IReadOnlyList<string> FindAll(Call call, string path) => path[0] == '<' ? call.Response.All(path[1..]) : call.Request.All(path);

    // The first field that is there names the resources; the others are further names of it, where it is one.
    private static List<ImmutableArray<string>> Resources(AwsCallRule rule, Call call)
    {
        IReadOnlyList<string> first = [];
        var aliases = new List<string>();
        foreach (var field in rule.Candidates)
        {
            if (field[0] == '=')
            {
                first = first.Count == 0 ? [field[1..]] : first;
                continue;
            }

            if (field.Contains('{', StringComparison.Ordinal))
            {
                if (Composite(call, field) is { } composite)
                {
                    aliases.Add(composite);
                }

                continue;
            }

            var found = FindAll(call, field);
            if (first.Count == 0)
            {
                first = found;
            }
            else if (found.Count == 1)
            {
                aliases.Add(found[0]);
            }
        }

        return first.Count switch
        {
            0 when aliases.Count == 0 => call.Named.Length == 0 ? [] : [[call.Named]],
            0 => [[.. aliases.Distinct(StringComparer.Ordinal)]],
            1 when aliases.Count == 0 => [[first[0]]],
            1 => [[.. aliases.Prepend(first[0]).Distinct(StringComparer.Ordinal)]],
            _ => [.. first.Select(id => ImmutableArray.Create(id))],
        };
    }

    private static string? Composite(Call call, string template)
    {
        var text = Placeholder().Replace(template, match => Texts.Of(call.Request.First(match.Groups["field"].Value)) is { Length: > 0 } value ? LastSegment(value, template) : "\0");
        return text.Contains('\0', StringComparison.Ordinal) ? null : text;
    }

    // Clusters are given by name or by ARN; composed ids of states use the name. An ARN of a policy stays whole.
    private static string LastSegment(string value, string template) =>
        value.StartsWith("arn:", StringComparison.Ordinal) && template.Contains("cluster", StringComparison.Ordinal) ? value[(value.LastIndexOf('/') + 1)..] : value;

    // DeleteBucketEncryption deletes no bucket: what is deleted must be what the type is called.
    internal static ChangeAction ActionOf(string name, string type)
    {
        var verb = DeletingVerb().Match(name);
        var isDelete = verb.Success;
        verb = isDelete ? verb : CreatingVerb().Match(name);
        if (name == "ScheduleKeyDeletion" || name == "Unsubscribe")
        {
            return ChangeAction.Delete;
        }

        if (!verb.Success)
        {
            return ChangeAction.Update;
        }

        var noun = name[verb.Length..].ToUpperInvariant();
        noun = noun.EndsWith('S') && !type.EndsWith('s') ? noun[..^1] : noun;
        var isSame = type.Replace("_", "", StringComparison.Ordinal).Contains(noun, StringComparison.OrdinalIgnoreCase)
            || (noun, type) is ("DBCLUSTER", "aws_rds_cluster") or ("LOADBALANCER", "aws_lb") or ("IMAGE", "aws_ami") or ("VOLUME", "aws_ebs_volume") or ("APPLICATION", _);
        return !isSame ? ChangeAction.Update : isDelete ? ChangeAction.Delete : ChangeAction.Create;
    }

    private static ChangeEvent Frame(Actor actor, string? account, string? region, string? address, string? agent, string? request, DateTimeOffset? time) => new()
    {
        Provider = Provider.Aws,
        Name = "",
        Type = "",
        Ids = [""],
        Actor = actor,
        Account = account ?? "",
        Region = region ?? "",
        SourceAddress = address ?? "",
        UserAgent = agent ?? "",
        RequestId = request ?? "",
        Time = time,
    };

    [GeneratedRegex(@"(?:\d{8}(?:v\d+)?|\d{4}_\d{2}_\d{2})$", RegexOptions.None, 1000)]
    private static partial Regex ApiDate();

    [GeneratedRegex(@"\{(?<field>[^}]+)\}", RegexOptions.None, 1000)]
    private static partial Regex Placeholder();

    [GeneratedRegex("^(?:Delete|Terminate|Deregister|Detach|Disassociate|Remove)(?=[A-Z])", RegexOptions.None, 1000)]
    private static partial Regex DeletingVerb();

    [GeneratedRegex("^(?:Create|Run|Register|Add|Attach|Associate|Restore)(?=[A-Z])", RegexOptions.None, 1000)]
    private static partial Regex CreatingVerb();
}
