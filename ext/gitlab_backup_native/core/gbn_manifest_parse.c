/*
 * msgpack-c's own parser, with callbacks of ours in place of its objects. The library's
 * unpacker allocates an array's memory by the count the array claims, 24 bytes for each of
 * up to 2^32 - 1 elements, before it has seen one of them; nothing bounds that. Its parser is a
 * template that leaves the building of objects to whoever includes it, and allocates
 * nothing: a claimed count only counts down, and each element has to be there.
 *
 * Nesting is bounded by the template's stack (MSGPACK_EMBED_STACK_SIZE, 32).
 */
#include "gbn_manifest_parse.h"

#include <assert.h>
#include <msgpack.h>
#include <msgpack/unpack_define.h>

/* A value on its way; containers know how many elements they have been given. */
struct item {
    gbn_manifest_value value;
    gbn_manifest_fields *record; /* set for the outermost array alone */
    uint32_t claimed, given;
};

/* Where elements of the outermost array go; NULL once it has begun. */
struct target {
    gbn_manifest_fields *record;
};

static int
give_number(struct item *out, gbn_manifest_type type, uint64_t number)
{
    *out = (struct item){.value = {.type = type, .number = number}};
    return 0;
}

static int
give_signed(struct item *out, int64_t number)
{
    return give_number(out, number < 0 ? GBN_VALUE_NEGATIVE : GBN_VALUE_UINT, (uint64_t)number);
}

static int
give_data(struct item *out, gbn_manifest_type type, const char *data, unsigned length)
{
    *out = (struct item){.value = {.type = type, .data = length > 0 ? data : "", .length = length}};
    return 0;
}

static struct item
parse_root(struct target *target)
{
    (void)target;
    return (struct item){.value = {.type = GBN_VALUE_OTHER}};
}

#define NUMBER(name, type, give)                                                                   \
    static int parse##name(struct target *target, type number, struct item *out)                   \
    {                                                                                              \
        (void)target;                                                                              \
        return give;                                                                               \
    }
NUMBER(_uint8, uint8_t, give_number(out, GBN_VALUE_UINT, number))
NUMBER(_uint16, uint16_t, give_number(out, GBN_VALUE_UINT, number))
NUMBER(_uint32, uint32_t, give_number(out, GBN_VALUE_UINT, number))
NUMBER(_uint64, uint64_t, give_number(out, GBN_VALUE_UINT, number))
NUMBER(_int8, int8_t, give_signed(out, number))
NUMBER(_int16, int16_t, give_signed(out, number))
NUMBER(_int32, int32_t, give_signed(out, number))
NUMBER(_int64, int64_t, give_signed(out, number))
NUMBER(_float, float, give_number(out, GBN_VALUE_OTHER, number > 0))
NUMBER(_double, double, give_number(out, GBN_VALUE_OTHER, number > 0))
#undef NUMBER

static int
parse_nil(struct target *target, struct item *out)
{
    (void)target;
    return give_number(out, GBN_VALUE_NIL, 0);
}

static int
parse_true(struct target *target, struct item *out)
{
    (void)target;
    return give_number(out, GBN_VALUE_BOOL, 1);
}

static int
parse_false(struct target *target, struct item *out)
{
    (void)target;
    return give_number(out, GBN_VALUE_BOOL, 0);
}

static int
parse_str(struct target *target, const char *base, const char *data, unsigned length,
          struct item *out)
{
    (void)target;
    (void)base;
    return give_data(out, GBN_VALUE_WORD, data, length);
}

static int
parse_bin(struct target *target, const char *base, const char *data, unsigned length,
          struct item *out)
{
    (void)target;
    (void)base;
    return give_data(out, GBN_VALUE_BYTES, data, length);
}

/* `length` counts the type's byte; the template has 0 for a claim of 2^32 - 1 and its byte. */
static int
parse_ext(struct target *target, const char *base, const char *data, unsigned length,
          struct item *out)
{
    (void)target;
    (void)base;
    (void)data;
    give_number(out, GBN_VALUE_OTHER, 0);
    return length == 0 ? MSGPACK_UNPACK_PARSE_ERROR : 0;
}

static int
parse_array(struct target *target, unsigned count, struct item *out)
{
    *out = (struct item){
        .value = {.type = GBN_VALUE_OTHER}, .record = target->record, .claimed = count};
    target->record = NULL;
    return 0;
}

static int
parse_array_item(struct target *target, struct item *array, struct item element)
{
    gbn_manifest_fields *record = array->record;

    (void)target;
    if (record != NULL) {
        if (record->count < GBN_MANIFEST_FIELDS)
            record->at[record->count++] = element.value;
    } else if (array->claimed == 2 && element.value.type == GBN_VALUE_UINT) {
        array->value.pair[array->given++] = element.value.number;
        if (array->given == 2)
            array->value.type = GBN_VALUE_PAIR;
    }
    return 0;
}

static int
parse_map(struct target *target, unsigned count, struct item *out)
{
    (void)count;
    if (target->record != NULL) /* the outermost is no array */
        return MSGPACK_UNPACK_PARSE_ERROR;
    return give_number(out, GBN_VALUE_OTHER, 0);
}

static int
parse_map_item(struct target *target, struct item *map, struct item key, struct item element)
{
    (void)target;
    (void)map;
    (void)key;
    (void)element;
    return 0;
}

#define msgpack_unpack_struct(name) struct parser##name
#define msgpack_unpack_func(result, name) static inline result parser##name
#define msgpack_unpack_callback(name) parse##name
#define msgpack_unpack_object struct item
#define msgpack_unpack_user struct target
#include <msgpack/unpack_template.h>

gbn_status
gbn_manifest_parse(const uint8_t *data, size_t length, size_t *used, gbn_manifest_fields *fields,
                   gbn_error *err)
{
    struct parser_context context;
    int rc;

    fields->count = 0;
    *used = 0;
    context.user = (struct target){.record = fields};
    parser_init(&context);
    rc = parser_execute(&context, (const char *)data, length, used);
    if (rc < 0)
        return gbn_fail(err, GBN_ERR_FORMAT, 0, "decode msgpack");
    if (rc == 0)
        return GBN_AGAIN;
    if (context.stack[0].obj.record != fields)
        return gbn_fail(err, GBN_ERR_FORMAT, 0, "decode msgpack: no array");
    return GBN_OK;
}
