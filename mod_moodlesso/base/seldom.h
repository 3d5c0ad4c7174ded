/* SPDX-License-Identifier: Apache-2.0 */
/* seldom.h -- what most requests do not need is kept out of their way. */
#ifndef SSO_SELDOM_H
#define SSO_SELDOM_H

/* Of a static function behind an early return: it is not inlined, so that those who return early do
 * not save the registers that only the others need. */
#define SSO_SELDOM __attribute__((noinline))

#endif
