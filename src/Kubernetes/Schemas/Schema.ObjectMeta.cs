namespace Comptroller.Kubernetes.Schemas;

public sealed partial class Schema
{
    /// <summary>
    /// The list types decide who owns what under server-side apply: finalizers merge as a set (rule W7), each ownerReference is one
    /// atomic item keyed by uid, labels and annotations are owned key by key.
    /// </summary>
    private const string ObjectMetaDocument = """
        {
          "type": "object",
          "properties": {
            "name": {"type": "string"},
            "generateName": {"type": "string"},
            "namespace": {"type": "string"},
            "selfLink": {"type": "string"},
            "uid": {"type": "string"},
            "resourceVersion": {"type": "string"},
            "generation": {"type": "integer", "format": "int64"},
            "creationTimestamp": {"type": "string", "format": "date-time"},
            "deletionTimestamp": {"type": "string", "format": "date-time"},
            "deletionGracePeriodSeconds": {"type": "integer", "format": "int64"},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
            "ownerReferences": {
              "type": "array",
              "x-kubernetes-list-type": "map",
              "x-kubernetes-list-map-keys": ["uid"],
              "x-kubernetes-patch-strategy": "merge",
              "x-kubernetes-patch-merge-key": "uid",
              "items": {
                "type": "object",
                "x-kubernetes-map-type": "atomic",
                "required": ["apiVersion", "kind", "name", "uid"],
                "properties": {
                  "apiVersion": {"type": "string"},
                  "kind": {"type": "string"},
                  "name": {"type": "string"},
                  "uid": {"type": "string"},
                  "controller": {"type": "boolean"},
                  "blockOwnerDeletion": {"type": "boolean"}
                }
              }
            },
            "finalizers": {
              "type": "array",
              "x-kubernetes-list-type": "set",
              "x-kubernetes-patch-strategy": "merge",
              "items": {"type": "string"}
            },
            "managedFields": {
              "type": "array",
              "x-kubernetes-list-type": "atomic",
              "items": {
                "type": "object",
                "properties": {
                  "manager": {"type": "string"},
                  "operation": {"type": "string"},
                  "apiVersion": {"type": "string"},
                  "time": {"type": "string", "format": "date-time"},
                  "fieldsType": {"type": "string"},
                  "fieldsV1": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                  "subresource": {"type": "string"}
                }
              }
            }
          }
        }
        """;
}
