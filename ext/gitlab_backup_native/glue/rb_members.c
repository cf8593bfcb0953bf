#include "rb_native.h"

#include <sys/stat.h>

#include "gbn_members.h"

/* A walk through a tar; `search`: on beyond damage. */
struct tour {
    gbn_members *members;
    bool search;
};

static void
yield_member(const gbn_tar_member *member, const gbn_members_place *place)
{
    VALUE link = member->link == NULL ? Qnil : rb_str_new_cstr(member->link);

    rb_yield_values(7, rb_str_new_cstr(member->path), UINT2NUM(member->mode), link,
                    ULL2NUM(place->offset), ULL2NUM(member->size - place->missing),
                    LL2NUM(member->mtime), ULL2NUM(place->missing));
}

/* To the next header. False at the archive's end. */
static bool
skip_damage(gbn_members *members)
{
    gbn_members_gap gap;
    gbn_error err;
    gbn_status rc;

    while ((rc = gbn_members_skip(members, &gap, &err)) == GBN_AGAIN)
        rb_thread_check_ints();
    if (rc < 0)
        gbn_rb_raise(&err);
    if (rc == GBN_OK)
        rb_yield_values(4, Qnil, ULL2NUM(gap.offset), ULL2NUM(gap.length),
                        rb_str_new_cstr(gap.name));
    return rc == GBN_OK;
}

static VALUE
yield_members(VALUE pointer)
{
    const struct tour *tour = (const struct tour *)pointer;
    gbn_tar_member member;
    gbn_members_place place;
    gbn_error err;
    gbn_status rc;

    for (;;) {
        while ((rc = gbn_members_next(tour->members, &member, &place, &err)) == GBN_OK)
            yield_member(&member, &place);
        if (rc < 0 && (!tour->search || (rc != GBN_ERR_FORMAT && rc != GBN_ERR_LIMIT)))
            gbn_rb_raise(&err);
        if (!tour->search || !skip_damage(tour->members))
            return Qnil;
    }
}

static VALUE
close_members(VALUE pointer)
{
    gbn_members_close(((const struct tour *)pointer)->members);
    return Qnil;
}

/* Members._each(path, search) { |name, mode, link, offset, size, mtime, missing| }, of damage
 * { |nil, offset, length, name| } */
static VALUE
members_each(VALUE self, VALUE path, VALUE search)
{
    struct tour tour = {.search = RTEST(search)};
    gbn_error err;

    (void)self;
    if (gbn_members_open(StringValueCStr(path), &tour.members, &err) < 0)
        gbn_rb_raise(&err);
    return rb_ensure(yield_members, (VALUE)&tour, close_members, (VALUE)&tour);
}

void
gbn_rb_init_members(void)
{
    VALUE members = rb_define_module_under(gbn_rb_module, "Members");

    rb_define_private_method(rb_singleton_class(members), "_each", members_each, 2);
}
