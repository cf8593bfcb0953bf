#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gbn_index.h"
#include "gbn_survey_state.h"
#include "gbn_walk.h"

/* The manifest of the earlier archive: a row for each block, and its members in walk order. */
enum { ENOUGH = GBN_SURVEY_BLOCK / 4 }; /* more of them in a block would leave threads idle */

struct reading {
    gbn_survey *survey;
    gbn_index *index;
    gbn_survey_row row;
    bool has_row;
    uint64_t first; /* block of the member that the row goes on with, or the row's own */
};

/* ---- to the pipeline, or to be sorted before ---- */

static gbn_status
give(gbn_survey *survey)
{
    gbn_block *block = survey->block;

    survey->block = NULL;
    return block == NULL ? GBN_OK : gbn_pipeline_give(survey->pipeline, block);
}

static gbn_status
send(gbn_survey *survey, const uint8_t *record, size_t length, gbn_error *err)
{
    gbn_status rc = GBN_OK;

    if (length > GBN_SURVEY_BLOCK)
        return gbn_survey_refuse(survey, err, "a path is too long");
    if (survey->block != NULL && (survey->block->raw_length > ENOUGH ||
                                  length > GBN_SURVEY_BLOCK - survey->block->raw_length))
        rc = give(survey);
    if (rc == GBN_OK && survey->block == NULL) {
        rc = gbn_pipeline_take(survey->pipeline, &survey->block);
        if (rc == GBN_OK)
            survey->block->raw_length = 0;
        else
            survey->block = NULL;
    }
    if (rc != GBN_OK)
        return gbn_fail(err, rc, 0, "cancelled");
    memcpy(survey->block->raw + survey->block->raw_length, record, length);
    survey->block->raw_length += length;
    return GBN_OK;
}

static gbn_status
pass(gbn_survey *survey, const gbn_known *known, const char *path, gbn_error *err)
{
    gbn_bytes *record = &survey->record;
    gbn_status rc;

    gbn_bytes_clear(record);
    rc = gbn_bytes_append(record, known, sizeof *known, err);
    if (rc == GBN_OK)
        rc = gbn_bytes_append(record, path, known->length + 1, err);
    if (rc < 0)
        return rc;
    return survey->sorter == NULL
               ? send(survey, record->data, record->length, err)
               : gbn_sorter_add(survey->sorter, record->data, record->length, err);
}

static gbn_status
pass_entry(gbn_survey *survey, const gbn_manifest_entry *entry, gbn_error *err)
{
    const gbn_known known = {
        .entry = survey->entries++,
        .block = entry->block,
        .device = entry->device,
        .inode = entry->inode,
        .size = entry->size,
        .mtime_ns = entry->mtime_ns,
        .ctime_ns = entry->ctime_ns,
        .mode = entry->mode,
        .length = (uint32_t)strlen(entry->path),
        .settled = entry->settled,
        .hardlink = entry->hardlink,
    };
    gbn_known target = {.entry = known.entry, .block = known.block, .note = GBN_SURVEY_LINKED};
    gbn_status rc = pass(survey, &known, entry->path, err);

    if (rc < 0 || !entry->hardlink || !survey->options.dedup)
        return rc;
    target.length = (uint32_t)strlen(entry->link);
    return pass(survey, &target, entry->link, err);
}

static gbn_status
pass_note(gbn_survey *survey, const gbn_manifest_note *note, gbn_error *err)
{
    const gbn_known known = {.length = (uint32_t)strlen(note->path), .note = GBN_SURVEY_NOTE};

    return pass(survey, &known, note->path, err);
}

static gbn_status
send_sorted(gbn_survey *survey, gbn_error *err)
{
    const uint8_t *record;
    size_t length;
    gbn_status rc;

    while ((rc = gbn_sorter_next(survey->sorter, &record, &length, err)) == GBN_OK) {
        rc = send(survey, record, length, err);
        if (rc < 0)
            return rc;
    }
    return rc == GBN_END ? GBN_OK : rc;
}

/* A path's place, and what was left out behind a member of that name. */
static int
compare(const uint8_t *a, const uint8_t *b)
{
    const int order =
        gbn_walk_order((const char *)a + sizeof(gbn_known), (const char *)b + sizeof(gbn_known));

    return order != 0 ? order : a[offsetof(gbn_known, note)] - b[offsetof(gbn_known, note)];
}

/* ---- records ---- */

/* A row is complete when the next block, or the trailer, begins at `end`. */
static gbn_status
end_row(struct reading *reading, uint64_t end, bool last, gbn_error *err)
{
    gbn_survey_row *row = &reading->row;

    if (!reading->has_row)
        return GBN_OK;
    row->records_length = end - row->records_at;
    row->continues = row->entries == 0 && !last;
    return gbn_spool_append(reading->survey->rows, row, sizeof *row, err);
}

static gbn_status
begin_row(struct reading *reading, const gbn_manifest_block *block, uint64_t begin, gbn_error *err)
{
    gbn_status rc = end_row(reading, begin, false, err);

    if (!reading->has_row || !reading->row.continues)
        reading->first = block->number;
    reading->has_row = true;
    reading->row = (gbn_survey_row){
        .block = *block,
        .records_at = gbn_index_position(reading->index),
        .first_entry = reading->survey->entries,
    };
    return rc;
}

static gbn_status
take_entry(struct reading *reading, const gbn_manifest_entry *entry, gbn_error *err)
{
    if (entry->block != reading->first) /* else a change would touch another block than it has to */
        return gbn_survey_refuse(reading->survey, err,
                                 "a member begins in another block than it stands behind");
    reading->row.entries++;
    reading->row.files += S_ISREG(entry->mode);
    reading->row.directories += S_ISDIR(entry->mode);
    return pass_entry(reading->survey, entry, err);
}

static gbn_status
take_header(gbn_survey *survey, const gbn_manifest_header *header, gbn_error *err)
{
    survey->backup_id = strdup(header->backup_id);
    survey->generation = header->generation;
    survey->plain = strcmp(header->codec, "none") == 0;
    if (survey->backup_id == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read a manifest");
    return header->generation == 0 && !survey->options.dedup
               ? GBN_OK
               : gbn_sorter_new(survey->options.folder, compare, &survey->sorter, err);
}

static gbn_status
take_record(struct reading *reading, const gbn_manifest_record *record, gbn_error *err)
{
    gbn_survey *survey = reading->survey;
    size_t length;
    uint64_t begin;

    gbn_index_bytes(reading->index, &length);
    begin = gbn_index_position(reading->index) - length;
    switch (record->kind) {
    case GBN_RECORD_HEADER:
        return take_header(survey, &record->header, err);
    case GBN_RECORD_BLOCK:
        return begin_row(reading, &record->block, begin, err);
    case GBN_RECORD_ENTRY:
        return take_entry(reading, &record->entry, err);
    case GBN_RECORD_NOTE:
        reading->row.notes = true;
        return pass_note(survey, &record->note, err);
    case GBN_RECORD_TRAILER:
        if (record->trailer.stored_size != survey->options.stored_size)
            return gbn_survey_refuse(survey, err, "the archive is not of the size it tells");
        survey->raw_size = record->trailer.raw_size;
        return end_row(reading, begin, true, err);
    }
    return GBN_OK;
}

static gbn_status
read_records(struct reading *reading, gbn_error *err)
{
    gbn_survey *survey = reading->survey;
    const gbn_manifest_record *record;
    gbn_status rc;

    while ((rc = gbn_index_next(reading->index, &record, err)) == GBN_OK) {
        rc = take_record(reading, record, err);
        if (rc < 0)
            return rc;
    }
    if (rc < 0)
        survey->refused = true;
    return rc == GBN_END ? GBN_OK : rc;
}

gbn_status
gbn_survey_read(void *context, gbn_pipeline *pipeline, gbn_error *err)
{
    gbn_survey *survey = context;
    struct reading reading = {.survey = survey};
    gbn_status rc = gbn_index_open(survey->options.manifest, &reading.index, err);

    (void)pipeline;
    if (rc < 0) {
        survey->refused = true;
        return rc;
    }
    rc = read_records(&reading, err);
    if (rc == GBN_OK && survey->sorter != NULL)
        rc = send_sorted(survey, err);
    if (rc == GBN_OK)
        rc = give(survey);
    gbn_index_close(reading.index);
    return rc;
}
