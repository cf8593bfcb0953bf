#include "gbn_links.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int
compare_links(const void *a, const void *b)
{
    const gbn_link *x = a;
    const gbn_link *y = b;

    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    return x->inode == y->inode ? 0 : x->inode < y->inode ? -1 : 1;
}

static gbn_link *
remember(gbn_links *links, const gbn_link *key, nlink_t count)
{
    gbn_link *link = malloc(sizeof *link);

    if (link == NULL)
        return NULL;
    *link = *key;
    link->unmet = count;
    if (tsearch(link, &links->tree, compare_links) == NULL) {
        free(link);
        return NULL;
    }
    return link;
}

gbn_status
gbn_links_meet(gbn_links *links, const struct stat *status, gbn_link **link, bool *repeats,
               gbn_error *err)
{
    const gbn_link key = {.device = status->st_dev, .inode = status->st_ino};
    gbn_link **found = tfind(&key, &links->tree, compare_links);

    *repeats = found != NULL;
    *link = found != NULL ? *found : remember(links, &key, status->st_nlink);
    if (*link == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "remember a hard link");
    (*link)->references++;
    if ((*link)->unmet > 0)
        (*link)->unmet--;
    return GBN_OK;
}

gbn_status
gbn_link_keep(gbn_link *link, const char *path, gbn_error *err)
{
    link->path = strdup(path);
    return link->path != NULL ? GBN_OK
                              : gbn_fail(err, GBN_ERR_NOMEM, 0, "remember the path of %s", path);
}

static void
free_link(void *argument)
{
    gbn_link *link = argument;

    free(link->path);
    free(link);
}

/* An inode that gained links meanwhile may be met again after this: as a first one, in full. */
void
gbn_links_leave(gbn_links *links, gbn_link *link)
{
    if (--link->references > 0 || link->unmet > 0)
        return;
    tdelete(link, &links->tree, compare_links);
    free_link(link);
}

void
gbn_links_free(gbn_links *links)
{
    while (links->tree != NULL) {
        gbn_link *link = *(gbn_link **)links->tree;

        tdelete(link, &links->tree, compare_links);
        free_link(link);
    }
}
