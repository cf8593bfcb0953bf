#include "gbn_way.h"

#include <stdlib.h>
#include <string.h>

/* The directories on the way to the last path, each with the length of its path. */
struct step {
    gbn_dir *dir;
    size_t length; /* of "a/b" */
};

struct gbn_way {
    gbn_dir *top;
    gbn_bytes path; /* of the last directory */
    struct step *steps;
    size_t count, capacity;
};

gbn_status
gbn_way_new(gbn_root *root, gbn_way **result, gbn_error *err)
{
    gbn_way *way = calloc(1, sizeof *way);

    *result = way;
    if (way == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "find a way");
    way->top = gbn_root_top(root);
    return GBN_OK;
}

static void
go_back(gbn_way *way, size_t count)
{
    while (way->count > count)
        gbn_dir_release(way->steps[--way->count].dir);
    way->path.length = count == 0 ? 0 : way->steps[count - 1].length;
}

/* How many of the steps lead towards `path` as well. */
static size_t
shared_steps(const gbn_way *way, const char *path, size_t length)
{
    size_t count = 0;
    size_t end;

    while (count < way->count) {
        end = way->steps[count].length;
        if (end > length || (path[end] != '/' && end != length) ||
            memcmp(path, way->path.data, end) != 0)
            break;
        count++;
    }
    return count;
}

static gbn_status
need_step(gbn_way *way, gbn_error *err)
{
    const size_t capacity = way->capacity == 0 ? 16 : 2 * way->capacity;
    struct step *steps;

    if (way->count < way->capacity)
        return GBN_OK;
    steps = realloc(way->steps, capacity * sizeof steps[0]);
    if (steps == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "find a way");
    way->steps = steps;
    way->capacity = capacity;
    return GBN_OK;
}

/* One directory further, whose path ends at `end` of `path`. */
static gbn_status
go_on(gbn_way *way, const char *path, size_t end, gbn_error *err)
{
    const size_t begin = way->path.length == 0 ? 0 : way->path.length + 1;
    gbn_dir *from = way->count == 0 ? way->top : way->steps[way->count - 1].dir;
    gbn_dir *dir;
    gbn_status rc = need_step(way, err);

    if (rc == GBN_OK)
        rc = gbn_bytes_append(&way->path, path + way->path.length, end - way->path.length, err);
    if (rc == GBN_OK)
        rc = gbn_bytes_append(&way->path, "", 1,
                              err); /* ends the name; the next step takes its place */
    if (rc < 0)
        return rc;
    way->path.length--;
    rc = gbn_dir_child(from, (const char *)way->path.data + begin, &dir, err);
    if (rc == GBN_OK)
        way->steps[way->count++] = (struct step){.dir = dir, .length = end};
    return rc;
}

gbn_status
gbn_way_find(gbn_way *way, const char *path, gbn_dir **parent, const char **name, gbn_error *err)
{
    const char *slash = strrchr(path, '/');
    const size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    gbn_status rc = GBN_OK;

    *parent = NULL;
    *name = slash == NULL ? path : slash + 1;
    if (path[0] == '\0')
        return GBN_OK;
    go_back(way, shared_steps(way, path, length));
    while (rc == GBN_OK && way->path.length < length) {
        const size_t begin = way->path.length == 0 ? 0 : way->path.length + 1;
        const char *end = memchr(path + begin, '/', length - begin);

        rc = go_on(way, path, end == NULL ? length : (size_t)(end - path), err);
    }
    if (rc == GBN_OK)
        *parent = gbn_dir_retain(way->count == 0 ? way->top : way->steps[way->count - 1].dir);
    return rc;
}

void
gbn_way_free(gbn_way *way)
{
    if (way == NULL)
        return;
    go_back(way, 0);
    gbn_dir_release(way->top);
    gbn_bytes_free(&way->path);
    free(way->steps);
    free(way);
}
