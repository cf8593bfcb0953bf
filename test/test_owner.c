#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "gbn_owner.h"

static gbn_error err;

Test(owner, names_are_those_of_the_system)
{
    gbn_owner *owner;

    cr_assert(eq(int, gbn_owner_new(&owner, &err), GBN_OK));
    cr_assert(eq(str, (char *)gbn_owner_user(owner, 0), "root"));
    cr_assert(eq(str, (char *)gbn_owner_group(owner, 0), "root"));
    cr_assert_null(gbn_owner_user(owner, 3999999999));
    gbn_owner_free(owner);
}

Test(owner, a_name_the_system_knows_counts_more_than_the_number)
{
    gbn_owner_ids *ids;

    cr_assert(eq(int, gbn_owner_ids_new(&ids, &err), GBN_OK));
    for (int i = 0; i < 2; i++) { /* the second from memory */
        cr_assert(eq(u64, gbn_owner_ids_user(ids, "nobody", 5), 65534));
        cr_assert(eq(u64, gbn_owner_ids_group(ids, "nogroup", 5), 65534));
        cr_assert(eq(u64, gbn_owner_ids_user(ids, "root", 5), 0));
    }
    gbn_owner_ids_free(ids);
}

Test(owner, without_a_name_the_system_knows_the_number_counts)
{
    gbn_owner_ids *ids;

    cr_assert(eq(int, gbn_owner_ids_new(&ids, &err), GBN_OK));
    cr_assert(eq(u64, gbn_owner_ids_user(ids, NULL, 1234), 1234));
    cr_assert(eq(u64, gbn_owner_ids_user(ids, "", 1234), 1234));
    cr_assert(eq(u64, gbn_owner_ids_user(ids, "no-such-user-here", 1234), 1234));
    cr_assert(eq(u64, gbn_owner_ids_user(ids, "no-such-user-here", 4321), 4321));
    cr_assert(eq(u64, gbn_owner_ids_group(ids, NULL, 1234), 1234));
    cr_assert(eq(u64, gbn_owner_ids_group(ids, "no-such-group-here", 1234), 1234));
    gbn_owner_ids_free(ids);
    gbn_owner_ids_free(NULL);
}
