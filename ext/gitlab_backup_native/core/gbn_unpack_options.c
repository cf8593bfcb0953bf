#include <stdlib.h>
#include <string.h>

#include "gbn_unpack_place.h"
#include "gbn_unpack_state.h"

static gbn_status
copy_string(const char **string, gbn_error *err)
{
    if (*string != NULL && (*string = strdup(*string)) == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "copy options");
    return GBN_OK;
}

gbn_status
gbn_unpack_options_copy(gbn_unpack_options *options, const gbn_unpack_options *given,
                        gbn_error *err)
{
    const char **paths = NULL;
    gbn_status rc;

    *options = *given;
    options->paths = NULL;
    options->manifest = NULL;
    options->target = NULL;
    rc = gbn_place_copy(&options->source, &given->source, err);
    if (rc == GBN_OK) {
        options->manifest = given->manifest;
        rc = copy_string(&options->manifest, err);
    }
    if (rc == GBN_OK) {
        options->target = given->target;
        rc = copy_string(&options->target, err);
    }
    if (rc == GBN_OK && given->paths != NULL &&
        (paths = calloc(given->path_count + 1, sizeof paths[0])) == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "copy options");
    options->paths = paths;
    for (size_t i = 0; rc == GBN_OK && paths != NULL && i < given->path_count; i++) {
        paths[i] = given->paths[i];
        rc = copy_string(&paths[i], err);
    }
    return rc;
}

void
gbn_unpack_options_free(gbn_unpack_options *options)
{
    for (size_t i = 0; options->paths != NULL && i < options->path_count; i++)
        free((char *)(uintptr_t)options->paths[i]);
    free((void *)(uintptr_t)options->paths);
    gbn_place_free(&options->source);
    free((char *)(uintptr_t)options->manifest);
    free((char *)(uintptr_t)options->target);
}

bool
gbn_unpack_selects(const gbn_unpack *unpack, const char *path)
{
    const gbn_unpack_options *options = &unpack->options;
    size_t length;

    if (options->paths == NULL)
        return true;
    for (size_t i = 0; i < options->path_count; i++) {
        length = strlen(options->paths[i]);
        if (strncmp(path, options->paths[i], length) == 0 &&
            (length == 0 || path[length] == '\0' || path[length] == '/'))
            return true;
    }
    return false;
}
