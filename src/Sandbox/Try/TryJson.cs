using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Comptroller.Sandbox.Try;

[JsonSerializable(typeof(JsonObject))]
internal sealed partial class TryJson : JsonSerializerContext;
