/* SPDX-License-Identifier: Apache-2.0 */
/* seal.c -- small texts that only this site can read and nobody can change: AES-256-GCM. */
#include "base/seal.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "base/base64url.h"

#define ID    4
#define NONCE 12
#define TAG   16
#define EXTRA (ID + NONCE + TAG)

/* T(1) = HMAC(secret, info | 0x01); its input needs no extracting, the secret is random already. */
static bool expand(sso_span_t secret, const char *info, const char *more, unsigned char *made)
{
    char message[128];
    int length = snprintf(message, sizeof(message), "%s%s\x01", info, more);

    if (length < 0 || length >= (int)sizeof(message) || secret.len > INT_MAX)
        return false;
    return HMAC(EVP_sha256(), secret.at, (int)secret.len, (const unsigned char *)message,
                (apr_size_t)length, made, NULL) != NULL;
}

bool sso_seal_add(sso_seal_t *seal, sso_span_t secret, const char *purpose)
{
    sso_seal_key_t *key = &seal->keys[seal->count];
    unsigned char id[32];

    if (seal->count == SSO_SEAL_SECRETS || secret.len < SSO_SEAL_MIN_SECRET ||
        !expand(secret, "moodlesso key ", purpose, key->key) ||
        !expand(secret, "moodlesso id ", purpose, id))
        return false;
    memcpy(key->id, id, ID);
    seal->count++;
    return true;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_CIPHER *fetched; /* for as long as the process lives; NULL: the library has none */

static void fetch(void)
{
    fetched = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
}

/* Looked for in the library's providers once, not for each text. */
static const EVP_CIPHER *cipher(void)
{
    pthread_once(&once, fetch);
    return fetched;
}

static bool encrypt(EVP_CIPHER_CTX *context, const sso_seal_key_t *key, sso_span_t bound,
                    sso_span_t text, unsigned char *bytes)
{
    unsigned char *nonce = bytes + ID, *out = nonce + NONCE;
    int length;

    memcpy(bytes, key->id, ID);
    return RAND_bytes(nonce, NONCE) == 1 &&
           EVP_EncryptInit_ex(context, cipher(), NULL, key->key, nonce) == 1 &&
           EVP_EncryptUpdate(context, NULL, &length, (const unsigned char *)bound.at,
                             (int)bound.len) == 1 &&
           EVP_EncryptUpdate(context, out, &length, (const unsigned char *)text.at,
                             (int)text.len) == 1 &&
           EVP_EncryptFinal_ex(context, out + text.len, &length) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG, out + text.len) == 1;
}

const char *sso_seal(const sso_seal_t *seal, sso_span_t bound, sso_span_t text, apr_pool_t *p)
{
    unsigned char *bytes = apr_palloc(p, text.len + EXTRA);
    EVP_CIPHER_CTX *context;
    bool done;

    if (seal->count == 0 || text.len > INT_MAX / 2 || (context = EVP_CIPHER_CTX_new()) == NULL)
        return NULL;
    done = encrypt(context, &seal->keys[0], bound, text, bytes);
    EVP_CIPHER_CTX_free(context);
    return done ? sso_base64url_encode(bytes, text.len + EXTRA, p) : NULL;
}

static bool decrypt(EVP_CIPHER_CTX *context, const sso_seal_key_t *key, sso_span_t bound,
                    unsigned char *bytes, int length, unsigned char *out)
{
    unsigned char *nonce = bytes + ID, *in = nonce + NONCE;
    int done;

    return EVP_DecryptInit_ex(context, cipher(), NULL, key->key, nonce) == 1 &&
           EVP_DecryptUpdate(context, NULL, &done, (const unsigned char *)bound.at,
                             (int)bound.len) == 1 &&
           EVP_DecryptUpdate(context, out, &done, in, length) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG, in + length) == 1 &&
           EVP_DecryptFinal_ex(context, out + length, &done) == 1;
}

static const sso_seal_key_t *key_of(const sso_seal_t *seal, const unsigned char *id)
{
    for (int i = 0; i < seal->count; i++) {
        if (memcmp(seal->keys[i].id, id, ID) == 0)
            return &seal->keys[i];
    }
    return NULL;
}

bool sso_seal_open(const sso_seal_t *seal, sso_span_t bound, sso_span_t sealed, sso_span_t *text,
                   apr_pool_t *p)
{
    const sso_seal_key_t *key;
    EVP_CIPHER_CTX *context;
    unsigned char *bytes, *out;
    sso_span_t binary;
    bool done;

    if (sealed.len > INT_MAX / 2 || !sso_base64url_decode(sealed, &binary, p) || binary.len < EXTRA)
        return false;
    bytes = (unsigned char *)(apr_uintptr_t)binary.at;
    if ((key = key_of(seal, bytes)) == NULL || (context = EVP_CIPHER_CTX_new()) == NULL)
        return false;
    out = apr_palloc(p, binary.len - EXTRA + 1);
    done = decrypt(context, key, bound, bytes, (int)(binary.len - EXTRA), out);
    EVP_CIPHER_CTX_free(context);
    if (done)
        *text = (sso_span_t){(const char *)out, binary.len - EXTRA};
    return done;
}
