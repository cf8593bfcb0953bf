#ifndef GBN_CHILD_SEARCH_H
#define GBN_CHILD_SEARCH_H

/*
 * gbn_child_search - the paths a program's name may stand for; part of gbn_child.
 *
 * A name with a slash is itself. Any other is joined with each element of PATH in
 * `environment` ("NAME=value", NULL at the end), or of a usual PATH if it has none.
 * Relative elements are left out: what they mean depends on the directory.
 *
 * Returns  the paths in order, NULL at the end, for one free(); NULL without memory.
 */
char **gbn_child_search(const char *name, const char *const *environment);

#endif
