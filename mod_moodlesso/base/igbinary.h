/* SPDX-License-Identifier: Apache-2.0 */
/* igbinary.h -- scalars as the PHP extension igbinary writes them (format version 1 and 2). */
#ifndef SSO_IGBINARY_H
#define SSO_IGBINARY_H

#include "base/php_session.h"

/* Does the text begin with igbinary's header (four bytes, big-endian version)? */
bool sso_igbinary_is(sso_span_t text);

/* Read text that is the header and exactly one null, boolean, integer or string. */
bool sso_igbinary_scalar(sso_span_t text, sso_php_value_t *value);

#endif
