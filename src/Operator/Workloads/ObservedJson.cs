using System.Text.Json.Serialization;

namespace Comptroller.Operator.Workloads;

/// <summary>How Jobs and pods are decoded: what is not named is skipped.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ObservedJob))]
[JsonSerializable(typeof(ObservedPod))]
internal sealed partial class ObservedJson : JsonSerializerContext;
