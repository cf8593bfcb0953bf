#include "rb_native.h"

#include <sys/stat.h>

#include "gbn_members.h"

static VALUE
yield_members(VALUE pointer)
{
    gbn_members *members = (gbn_members *)pointer;
    gbn_tar_member member;
    gbn_error err;
    uint64_t offset;
    gbn_status rc;

    while ((rc = gbn_members_next(members, &member, &offset, &err)) == GBN_OK) {
        VALUE link = member.link == NULL ? Qnil : rb_str_new_cstr(member.link);

        rb_yield_values(6, rb_str_new_cstr(member.path), UINT2NUM(member.mode), link,
                        ULL2NUM(offset), ULL2NUM(member.size), LL2NUM(member.mtime));
    }
    if (rc < 0)
        gbn_rb_raise(&err);
    return Qnil;
}

static VALUE
close_members(VALUE pointer)
{
    gbn_members_close((gbn_members *)pointer);
    return Qnil;
}

/* Members._each(path) { |name, mode, link, offset, size, mtime| } */
static VALUE
members_each(VALUE self, VALUE path)
{
    gbn_members *members;
    gbn_error err;

    (void)self;
    if (gbn_members_open(StringValueCStr(path), &members, &err) < 0)
        gbn_rb_raise(&err);
    return rb_ensure(yield_members, (VALUE)members, close_members, (VALUE)members);
}

void
gbn_rb_init_members(void)
{
    VALUE members = rb_define_module_under(gbn_rb_module, "Members");

    rb_define_private_method(rb_singleton_class(members), "_each", members_each, 1);
}
