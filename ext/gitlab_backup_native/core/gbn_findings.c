#include "gbn_findings.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_KEPT = 64 * 1024 }; /* of a longer name, which nobody can extract, the begin will do */

const char *
gbn_finding_text(gbn_finding_kind kind)
{
    static const char *const texts[GBN_FINDING_KINDS] = {
        [GBN_FINDING_BLOCK] = "block",     [GBN_FINDING_FILE] = "file",
        [GBN_FINDING_HEADER] = "header",   [GBN_FINDING_MANIFEST] = "manifest",
        [GBN_FINDING_PRODUCT] = "product", [GBN_FINDING_SKIPPED] = "skipped",
    };

    return texts[kind];
}

void
gbn_unpack_result_free(gbn_unpack_result *result)
{
    for (size_t i = 0; i < result->finding_count; i++) {
        free(result->findings[i].path);
        free(result->findings[i].reason);
    }
    free(result->findings);
    result->findings = NULL;
    result->finding_count = 0;
}

void
gbn_findings_init(gbn_findings *findings, gbn_unpack_result *result, const char *source,
                  bool strict)
{
    *findings = (gbn_findings){.result = result, .source = source, .strict = strict};
    pthread_mutex_init(&findings->lock, NULL);
}

void
gbn_findings_free(gbn_findings *findings)
{
    pthread_mutex_destroy(&findings->lock);
}

/* Without memory it is counted all the same. */
static void
keep(gbn_unpack_result *result, const gbn_finding *finding)
{
    gbn_finding *kept;

    if (result->findings == NULL)
        result->findings = calloc(GBN_FINDINGS, sizeof result->findings[0]);
    if (result->findings == NULL || result->finding_count == GBN_FINDINGS)
        return;
    kept = &result->findings[result->finding_count];
    *kept = *finding;
    kept->path = finding->path == NULL ? NULL : strndup(finding->path, PATH_KEPT);
    kept->reason = strdup(finding->reason);
    if (kept->reason != NULL && (kept->path != NULL || finding->path == NULL)) {
        result->finding_count++;
        return;
    }
    free(kept->path);
    free(kept->reason);
}

static gbn_status
refuse(const gbn_findings *findings, const char *path, gbn_range range, const char *reason,
       gbn_error *err)
{
    if (path != NULL && path[0] == '\0')
        path = "."; /* the root of the archive */
    if (path != NULL && range.length > 0)
        return gbn_fail(err, GBN_ERR_FORMAT, 0,
                        "extract %s from %s: %s (bytes %" PRIu64 " to %" PRIu64 ")", path,
                        findings->source, reason, range.offset, range.offset + range.length - 1);
    if (path != NULL)
        return gbn_fail(err, GBN_ERR_FORMAT, 0, "extract %s from %s: %s", path, findings->source,
                        reason);
    if (range.length > 0)
        return gbn_fail(err, GBN_ERR_FORMAT, 0, "read %s: %s (bytes %" PRIu64 " to %" PRIu64 ")",
                        findings->source, reason, range.offset, range.offset + range.length - 1);
    return gbn_fail(err, GBN_ERR_FORMAT, 0, "read %s: %s", findings->source, reason);
}

gbn_status
gbn_findings_add(gbn_findings *findings, gbn_finding_kind kind, const char *path, gbn_range range,
                 const char *reason, gbn_error *err)
{
    const gbn_finding finding = {.kind = kind,
                                 .path = (char *)(uintptr_t)path,
                                 .reason = (char *)(uintptr_t)reason,
                                 .offset = range.offset,
                                 .length = range.length};

    if (findings->strict && kind != GBN_FINDING_SKIPPED)
        return refuse(findings, path, range, reason, err);
    pthread_mutex_lock(&findings->lock);
    findings->result->counts[kind]++;
    keep(findings->result, &finding);
    pthread_mutex_unlock(&findings->lock);
    return GBN_OK;
}
