#ifndef GBN_SCAN_MANIFEST_H
#define GBN_SCAN_MANIFEST_H

#include "gbn_bytes.h"
#include "gbn_manifest.h"
#include "gbn_outfile.h"

/*
 * The manifest of an archive that came without one: its raw bytes are counted in blocks of
 * GBN_SCAN_BLOCK that nobody compressed. For gbn_scan.c alone.
 */
enum { GBN_SCAN_BLOCK = 1024 * 1024 };

typedef struct gbn_scan_manifest {
    gbn_outfile *file;
    gbn_bytes waiting, scratch;
    gbn_manifest_block block; /* at hand */
    gbn_manifest_trailer sums;
} gbn_scan_manifest;

/* All of them return also what gbn_outfile's do. To be discarded, published or not. */
gbn_status gbn_scan_manifest_open(gbn_scan_manifest *manifest, const char *path, gbn_error *err);
gbn_status gbn_scan_manifest_begin(gbn_scan_manifest *manifest, const gbn_manifest_header *header,
                                   gbn_error *err);

/* Count the archive's next bytes; before the entries of members that begin in them. */
gbn_status gbn_scan_manifest_count(gbn_scan_manifest *manifest, const uint8_t *data, size_t length,
                                   gbn_error *err);
gbn_status gbn_scan_manifest_entry(gbn_scan_manifest *manifest, const gbn_manifest_entry *entry,
                                   gbn_error *err);

/* Put the trailer and give the file its name. */
gbn_status gbn_scan_manifest_publish(gbn_scan_manifest *manifest, gbn_error *err);

void gbn_scan_manifest_discard(gbn_scan_manifest *manifest);

#endif
