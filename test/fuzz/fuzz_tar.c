/* Any bytes as an archive, given in pieces whose size depends on its length. */
#include "fuzz.h"

#include <stdlib.h>

#include "gbn_tar_read.h"

struct input {
    const uint8_t *next;
    size_t left, piece;
    uint8_t *lent; /* a copy that ends where it ends, and is gone at the next call */
};

static gbn_status
give(void *context, const uint8_t **data, size_t *length, gbn_error *err)
{
    struct input *input = context;
    const size_t size = input->left < input->piece ? input->left : input->piece;

    (void)err;
    free(input->lent);
    input->lent = NULL;
    if (size == 0)
        return GBN_END;
    input->lent = malloc(size);
    memcpy(input->lent, input->next, size);
    input->next += size;
    input->left -= size;
    *data = input->lent;
    *length = size;
    return GBN_OK;
}

/* All of a member's content: never more than there is, and always onwards. */
static gbn_status
read_content(gbn_tar_reader *reader, size_t available, gbn_error *err)
{
    const uint8_t *data;
    size_t length, total = 0;
    uint64_t offset, least = 0;
    gbn_status rc;

    while ((rc = gbn_tar_reader_data(reader, &data, &length, &offset, err)) == GBN_OK) {
        FUZZ_EXPECT(offset >= least);
        least = offset + length;
        total += length;
        FUZZ_EXPECT(total <= available);
        fuzz_read(data, length);
    }
    return rc == GBN_END ? GBN_OK : rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    struct input input = {data, length, length % 2 == 0 ? length + 1 : 1 + length % 700, NULL};
    gbn_tar_reader *reader;
    gbn_tar_member member;
    gbn_status rc;
    gbn_error err;
    size_t members = 0;

    FUZZ_EXPECT(gbn_tar_reader_new(give, &input, &reader, &err) == GBN_OK);
    while ((rc = gbn_tar_reader_next(reader, &member, &err)) == GBN_OK) {
        FUZZ_EXPECT(++members <= length / 512 + 1);
        FUZZ_EXPECT(member.path != NULL);
        fuzz_touch(member.path);
        fuzz_touch(member.link);
        FUZZ_EXPECT(gbn_tar_reader_offset(reader) <= gbn_tar_reader_position(reader));
        FUZZ_EXPECT(gbn_tar_reader_position(reader) <= length);
        if (members % 3 != 0 && (rc = read_content(reader, length, &err)) < 0)
            break;
    }
    FUZZ_EXPECT(rc == GBN_END || rc == GBN_ERR_FORMAT || rc == GBN_ERR_LIMIT);
    gbn_tar_reader_free(reader);
    free(input.lent);
    return 0;
}
