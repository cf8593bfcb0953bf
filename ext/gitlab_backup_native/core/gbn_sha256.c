/*
 * libcrypto's EVP interface, because it takes the processor's SHA instructions.
 * The digest is looked up once, in gbn_sha256_new: the look-up is dearer than
 * hashing a small file, and a later init without a type keeps it.
 */
#include "gbn_sha256.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct gbn_sha256 {
    EVP_MD_CTX *context;
};

static gbn_status
check(int ok, const char *verb, gbn_error *err)
{
    if (ok == 1)
        return GBN_OK;
    return gbn_fail(err, GBN_ERR_CODEC, 0, "%s a SHA-256 digest with libcrypto", verb);
}

gbn_status
gbn_sha256_new(gbn_sha256 **result, gbn_error *err)
{
    gbn_sha256 *sha;
    gbn_status rc;

    *result = NULL;
    sha = malloc(sizeof *sha);
    if (sha == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "make a SHA-256 digest");
    sha->context = EVP_MD_CTX_new();
    if (sha->context == NULL) {
        rc = gbn_fail(err, GBN_ERR_NOMEM, 0, "make a SHA-256 digest");
        goto free_sha;
    }
    rc = check(EVP_DigestInit_ex(sha->context, EVP_sha256(), NULL), "start", err);
    if (rc < 0)
        goto free_sha;
    *result = sha;
    return GBN_OK;

free_sha:
    gbn_sha256_free(sha);
    return rc;
}

gbn_status
gbn_sha256_reset(gbn_sha256 *sha, gbn_error *err)
{
    return check(EVP_DigestInit_ex(sha->context, NULL, NULL), "start", err);
}

gbn_status
gbn_sha256_update(gbn_sha256 *sha, const void *data, size_t length, gbn_error *err)
{
    return check(EVP_DigestUpdate(sha->context, data, length), "continue", err);
}

gbn_status
gbn_sha256_final(gbn_sha256 *sha, uint8_t digest[GBN_SHA256_SIZE], gbn_error *err)
{
    return check(EVP_DigestFinal_ex(sha->context, digest, NULL), "finish", err);
}

void
gbn_sha256_free(gbn_sha256 *sha)
{
    if (sha == NULL)
        return;
    EVP_MD_CTX_free(sha->context);
    free(sha);
}
