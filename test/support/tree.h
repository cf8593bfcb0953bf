#ifndef TREE_H
#define TREE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * tree - files and directories to be backed up, made in the scratch directory. What
 * cannot be made fails the test.
 */

/* Make a directory; a file with this text or of so many bytes; a link. */
void tree_directory(const char *path);
void tree_text(const char *path, const char *text);
void tree_file(const char *path, size_t size);
void tree_symlink(const char *target, const char *path);
void tree_hard_link(const char *existing, const char *path);

/* Make `depth` directories called `name` one in another from here on, and a file "f" in the last. */
void tree_chain(const char *top, const char *name, size_t depth);

/* A tree of `directories` directories, each with `files` files in it, three levels deep. */
void tree_forest(const char *top, unsigned directories, unsigned files);

#endif
