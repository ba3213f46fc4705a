using System.Text.Json.Serialization;

namespace Comptroller.Falcon;

/// <summary>Serializers made at compile time: the product is trimmed, reflection would find nothing.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(Store.RunCheckpoint))]
[JsonSerializable(typeof(Store.StoredRun))]
internal sealed partial class FalconJson : JsonSerializerContext;
