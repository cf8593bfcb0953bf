/*
 * Pointers and texts share one allocation: first count + 1 pointers, then for
 * each element of PATH its own length, a slash, and the name with its NUL.
 */
#include "gbn_child_search.h"

#include <stdlib.h>
#include <string.h>

static const char default_path[] = "/usr/local/bin:/usr/bin:/bin";

static const char *
find_path(const char *const *environment)
{
    for (; *environment != NULL; environment++)
        if (strncmp(*environment, "PATH=", 5) == 0)
            return *environment + 5;
    return default_path;
}

static size_t
count_elements(const char *path)
{
    size_t count = 1;

    for (; *path != '\0'; path++)
        count += *path == ':';
    return count;
}

static char *
join(char *text, const char *directory, size_t length, const char *name)
{
    memcpy(text, directory, length);
    text[length] = '/';
    return stpcpy(text + length + 1, name) + 1;
}

static char **
join_all(const char *path, const char *name)
{
    const size_t count = count_elements(path);
    const size_t pointers = (count + 1) * sizeof(char *);
    char **candidates = malloc(pointers + strlen(path) + count * (strlen(name) + 2));
    char **next = candidates, *text;
    size_t length;

    if (candidates == NULL)
        return NULL;
    text = (char *)candidates + pointers;
    for (;; path += length + 1) {
        length = strcspn(path, ":");
        if (*path == '/') {
            *next++ = text;
            text = join(text, path, length, name);
        }
        if (path[length] == '\0')
            break;
    }
    *next = NULL;
    return candidates;
}

static char **
only(const char *name)
{
    char **candidates = malloc(2 * sizeof(char *) + strlen(name) + 1);

    if (candidates == NULL)
        return NULL;
    candidates[0] = (char *)(candidates + 2);
    candidates[1] = NULL;
    strcpy(candidates[0], name);
    return candidates;
}

char **
gbn_child_search(const char *name, const char *const *environment)
{
    if (strchr(name, '/') != NULL)
        return only(name);
    return join_all(find_path(environment), name);
}
