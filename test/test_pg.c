#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gbn_connect.h"
#include "gbn_load.h"
#include "gbn_pg.h"
#include "process.h"
#include "scratch.h"

/* What needs a server that answers is in spec/load_spec.rb. */
static gbn_error err;
static gbn_pg *pg;
static size_t descriptors;
static char folder[100];
static const char *keywords[] = {"host", "dbname", "connect_timeout", "password", NULL};
static const char *values[] = {folder, "none", "1", "secret", NULL};

static void
begin(void)
{
    scratch_enter();
    cr_assert(getcwd(folder, sizeof folder) != NULL);
    descriptors = process_descriptors();
}

static void
end(void)
{
    cr_assert(pg == NULL);
    cr_assert(strstr(err.message, "secret") == NULL);
    cr_assert(le(sz, process_descriptors(), descriptors));
    scratch_leave();
}

TestSuite(pg, .init = begin, .fini = end, .timeout = 60);

/* A server that takes connections, and says nothing. */
static int
mute_server(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = ".s.PGSQL.5432"};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    cr_assert(eq(int, bind(fd, (struct sockaddr *)&address, sizeof address), 0));
    cr_assert(eq(int, listen(fd, 5), 0));
    return fd;
}

Test(pg, no_server_is_an_error_with_its_reason)
{
    cr_assert(eq(int, gbn_pg_open(keywords, values, NULL, &pg, &err), GBN_ERR_SERVER));
    cr_assert(strstr(err.message, "No such file or directory") != NULL);
}

Test(pg, a_keyword_nobody_knows_is_an_error)
{
    const char *strange[] = {"no_such_keyword", NULL}, *value[] = {"1", NULL};

    cr_assert(eq(int, gbn_pg_open(strange, value, NULL, &pg, &err), GBN_ERR_SERVER));
    cr_assert(strstr(err.message, "no_such_keyword") != NULL);
}

Test(pg, a_server_that_says_nothing_is_given_up)
{
    int server = mute_server();

    cr_assert(eq(int, gbn_pg_open(keywords, values, NULL, &pg, &err), GBN_ERR_SERVER));
    cr_assert(eq(str, err.message, "connect: no answer within 1 seconds"));
    close(server);
}

Test(pg, connecting_can_be_called_off)
{
    int server = mute_server();
    gbn_job *job;

    keywords[2] = NULL; /* no timeout */
    values[2] = NULL;
    cr_assert(eq(int, gbn_connect_start(keywords, values, NULL, &pg, &job, &err), GBN_OK));
    cr_assert(eq(int, gbn_job_wait(job, 50), GBN_AGAIN));
    cr_assert(eq(int, gbn_job_finish(job, &err), GBN_ERR_CANCELLED));
    close(server);
}

Test(pg, closing_nothing_is_fine)
{
    gbn_pg_close(NULL);
}
