/* SPDX-License-Identifier: Apache-2.0 */
/* link.h -- an account of a provider (issuer, subject) that stands for a username here. */
#ifndef SSO_LINK_H
#define SSO_LINK_H

#include <stdbool.h>

#include <apr_time.h>

/* Kept in the store as it is: who is linked must be shown, and told to applications. Texts are
 * clean UTF-8, never NULL, and have at most as many bytes as said. */
#define SSO_LINK_USERNAME_MAX 255
#define SSO_LINK_ISSUER_MAX   512
#define SSO_LINK_SUBJECT_MAX  255
#define SSO_LINK_LABEL_MAX    255

typedef struct sso_link_t {
    const char *username; /* here */
    const char *source;   /* name of the source that vouched when it was linked */
    const char *issuer, *subject;
    const char *label;  /* what its owner knows the account by: an address, or a name there */
    apr_time_t created; /* whole seconds, as the next two */
    apr_time_t used;    /* when it last signed somebody in, give or take a day */
    apr_int64_t chosen; /* the greatest of a username's links is its active one; 0: never chosen */
    bool is_made;       /* the username was made for it: nobody else may get that by creation */
} sso_link_t;

/* What an account stands for, and the active account of that username. */
typedef struct sso_linked_t {
    const char *username;
    apr_time_t used;
    const char *active_source, *active_issuer, *active_subject; /* NULL: none was chosen */
} sso_linked_t;

#endif
