using System.Collections.Immutable;

namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>
/// The Lua filter that redacts events. Lua, because Fluent Bit's other filters reach only the top level of a record. It fails closed: an
/// event that it cannot handle, or a line that is no JSON, leaves the node without content.
/// </summary>
public static class RedactionScript
{
    /// <summary>Name of the script.</summary>
    public const string FileName = "redact.lua";

    /// <summary>Where the official chart mounts scripts.</summary>
    public const string Path = "/fluent-bit/scripts/" + FileName;

    internal const string Function = "redact";

    // Numbers come back from Lua as they were; an empty list comes back as an empty map, which every sink stores as nothing.
    private const string Body =
        """
        local MASK = "[redacted]"

        local function covers(group, resource, subresource)
          for _, names in pairs({ BODIES[group] or {}, BODIES["*"] or {} }) do
            if names["*"] or names[resource] or names[resource .. "/" .. subresource] then return true end
          end
          return false
        end

        local function mask(map, keys)
          if type(map) ~= "table" then return false end
          local changed = false
          for key in pairs(keys) do
            if map[key] ~= nil then
              map[key] = type(map[key]) == "table" and { MASK } or MASK
              changed = true
            end
          end
          return changed
        end

        -- Annotations at any depth: of the object, of pod templates, of the items of a list, of JSON patches.
        local function mask_annotations(node)
          if type(node) ~= "table" then return false end
          local changed = mask(node.annotations, ANNOTATIONS)
          if type(node.op) == "string" and type(node.path) == "string"
            and string.find(node.path, "/annotations", 1, true) and node.value ~= nil then
            node.value = MASK
            changed = true
          end
          for _, child in pairs(node) do
            changed = mask_annotations(child) or changed
          end
          return changed
        end

        local function apply(record)
          if record.auditID == nil then
            if record.log == nil then return false end
            record.log = MASK
            return true
          end
          local changed = false
          local ref = record.objectRef
          if type(ref) == "table" and (record.requestObject ~= nil or record.responseObject ~= nil)
            and covers(ref.apiGroup or "", ref.resource or "", ref.subresource or "") then
            record.requestObject = nil
            record.responseObject = nil
            changed = true
          end
          if next(ANNOTATIONS) ~= nil then
            changed = mask(record.annotations, ANNOTATIONS) or changed
            changed = mask_annotations(record.requestObject) or changed
            changed = mask_annotations(record.responseObject) or changed
          end
          for _, name in ipairs({ "user", "impersonatedUser" }) do
            if type(record[name]) == "table" then
              changed = mask(record[name].extra, EXTRA) or changed
            end
          end
          return changed
        end

        function redact(tag, timestamp, record)
          local succeeded, changed = pcall(apply, record)
          if not succeeded then
            for _, name in ipairs({ "requestObject", "responseObject", "annotations", "log" }) do
              record[name] = nil
            end
            for _, name in ipairs({ "user", "impersonatedUser" }) do
              if type(record[name]) == "table" then record[name].extra = nil end
            end
            changed = true
          end
          if changed then return 2, timestamp, record end
          return 0, timestamp, record
        end

        """;

    /// <summary>The script, in Lua 5.1.</summary>
    /// <exception cref="OptionException"><see cref="Redaction.Check"/> names the errors.</exception>
    public static string Render(Redaction redaction)
    {
        OptionException.ThrowIfAny(redaction.Check());
        var groups = redaction.Bodies
            .GroupBy(entry => entry.Group, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => $"  [\"{group.Key}\"] = {Set(group.SelectMany(entry => entry.Resources.IsEmpty ? ["*"] : entry.Resources))},\n");
        return $$"""
            -- Takes content out of audit events before they are sent. The file on the node keeps everything.
            local BODIES = {
            {{string.Concat(groups)}}}
            local ANNOTATIONS = {{Set(redaction.Annotations)}}
            local EXTRA = {{Set(redaction.UserExtra)}}
            {{Body}}
            """.ReplaceLineEndings("\n");
    }

    // The keys hold letters, digits and . _ - / * only, so a plain quotation is enough.
    private static string Set(IEnumerable<string> keys)
    {
        var members = keys.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(key => $"[\"{key}\"] = true").ToImmutableArray();
        return members.IsEmpty ? "{}" : $"{{ {string.Join(", ", members)} }}";
    }
}
