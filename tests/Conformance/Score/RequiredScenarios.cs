namespace Comptroller.Conformance.Score;

/// <summary>
/// The scenarios that must match entirely, because our runtime, our tests or kubectl's everyday commands depend on them: CRUD,
/// conflicts, apply and field ownership, status isolation, generation, finalizers, garbage collection, selectors, paging, all of watch,
/// Table output, schema validation, 401 and 403. (176-rbac is missing for one step only, which lists a role that the recorded fork adds.)
/// </summary>
internal static class RequiredScenarios
{
    private static readonly HashSet<string> Ids =
    [
        "020-crd-create-established", "022-crd-names-conflict",
        "031-gadget-crud", "032-already-exists-not-found", "033-validation-keywords", "036-unknown-fields", "037-pruning-defaulting",
        "039-generate-name", "040-generation-rules", "041-update-conflict", "042-delete-preconditions", "043-status-isolation",
        "044-merge-patch", "045-json-patch",
        "100-apply-lifecycle", "101-apply-conflict-force", "103-apply-list-map", "104-apply-set-atomic", "105-apply-status", "106-apply-uid",
        "107-apply-after-update", "108-apply-resourceversion", "109-managedfields-updates", "111-apply-finalizers-ownerrefs",
        "112-apply-builtin", "113-apply-after-crd-types",
        "130-label-selectors", "131-field-selectors", "132-pagination", "134-compaction",
        "140-watch-history", "141-watch-label-transition", "142-watch-bookmarks", "143-watch-initial-events", "144-watch-old-future", "145-watch-live",
        "150-table-widget",
        "161-deletecollection", "162-propagation-background", "163-propagation-foreground", "164-propagation-orphan", "166-namespace-lifecycle",
        "175-authn", "180-lease-race",
    ];

    public static bool Contains(string id) => Ids.Contains(id);

    public static IReadOnlyCollection<string> All => Ids;
}
