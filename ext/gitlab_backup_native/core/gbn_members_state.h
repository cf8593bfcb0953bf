#ifndef GBN_MEMBERS_STATE_H
#define GBN_MEMBERS_STATE_H

#include "gbn_members.h"
#include "gbn_tar_read.h"

/* gbn_members' own: what reading headers and searching for them share. */
enum {
    GBN_MEMBERS_PIECE = 4096,    /* a header, or some: content behind it is not wanted */
    GBN_MEMBERS_GAPS_MAX = 1000, /* what is damaged in more places is no backup */
};

typedef enum gbn_members_standing {
    GBN_MEMBERS_SOUND,     /* at `begin` a header is expected */
    GBN_MEMBERS_ENDED,     /* at `damage` zeros end the archive, or took the place of headers */
    GBN_MEMBERS_DAMAGED,   /* at `damage` is none */
    GBN_MEMBERS_SEARCHING, /* from `look` on */
    GBN_MEMBERS_OVER,
} gbn_members_standing;

struct gbn_members {
    char *path;
    int fd;
    uint64_t size;
    uint64_t begin; /* of the reader's stream in the file: each member is a stream of its own */
    uint64_t next;  /* where the source goes on */
    gbn_tar_reader *reader;
    gbn_members_standing standing;
    uint64_t damage;
    uint64_t look;
    uint64_t zeros; /* where those begin that reach up to `look` */
    bool at_end;    /* the search began behind the archive's end */
    bool orphan;    /* what spoke of the next header is lost, and that member's name with it */
    char name[sizeof((gbn_members_gap){0}.name)];
    unsigned gaps;
    uint8_t *window; /* of the search, NULL before the first */
    uint8_t piece[GBN_MEMBERS_PIECE];
};

/* `length` bytes at most from `offset` on: GBN_OK or GBN_ERR_SYSTEM. */
gbn_status gbn_members_pread(const gbn_members *members, uint8_t *data, size_t length,
                             uint64_t offset, size_t *count, gbn_error *err);

/* All of the block at `offset`, `*there` false where the file ends before: as gbn_members_pread. */
gbn_status gbn_members_block(const gbn_members *members, uint64_t offset, uint8_t *block,
                             bool *there, gbn_error *err);

#endif
