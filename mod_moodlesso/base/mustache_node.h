/* SPDX-License-Identifier: Apache-2.0 */
/* mustache_node.h -- what mustache.c compiles and mustache_fill.c fills in; for these two alone. */
#ifndef SSO_MUSTACHE_NODE_H
#define SSO_MUSTACHE_NODE_H

#include <apr_tables.h>

#include "base/text.h"

#define SSO_MUSTACHE_MAX_NAME 64

typedef enum {
    SSO_MUSTACHE_TEXT,
    SSO_MUSTACHE_VALUE,
    SSO_MUSTACHE_SECTION,
    SSO_MUSTACHE_INVERTED,
    SSO_MUSTACHE_PART
} sso_mustache_kind_t;

typedef struct sso_mustache_node_t {
    sso_mustache_kind_t kind;
    sso_span_t text; /* fixed bytes, or a name */
    int line;        /* where it stands, from 1 */
    int end;         /* of a section: the place behind its last node */
    bool is_bare;    /* of a part: it stands in a script or a style sheet, where nothing escapes */
} sso_mustache_node_t;

struct sso_mustache_t {
    apr_array_header_t *nodes; /* sso_mustache_node_t; what is in a section follows it */
    bool is_plain;             /* no tags */
};

#endif
