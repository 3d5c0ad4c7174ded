/* SPDX-License-Identifier: Apache-2.0 */
/* provider_look.h -- how a provider looks where people choose one: what may be written for it. */
#ifndef SSO_PROVIDER_LOOK_H
#define SSO_PROVIDER_LOOK_H

#define SSO_PROVIDER_COLOR "#6b7680" /* where none is given; seen on light and on dark */

/* Is it an icon that pages may show: a path of this site, or
 * data:image/(png|jpeg|gif|webp|svg+xml)? What another site serves would tell that site who signs
 * in where. NULL, or a sentence. */
const char *sso_provider_icon_check(const char *icon);

/* Is it "#rrggbb"? NULL, or a sentence. */
const char *sso_provider_color_check(const char *color);

#endif
