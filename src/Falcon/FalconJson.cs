using System.Text.Json.Serialization;

namespace Comptroller.Falcon;

/// <summary>Serializers made at compile time: the product is trimmed, reflection would find nothing.</summary>
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(Store.RunCheckpoint))]
internal sealed partial class FalconJson : JsonSerializerContext;
