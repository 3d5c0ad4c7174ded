/* SPDX-License-Identifier: Apache-2.0 */
/* match_user.h -- one of Moodle's users, as found in its database or shown by its web service. */
#ifndef SSO_MATCH_USER_H
#define SSO_MATCH_USER_H

/* Values only; as Moodle keeps them, NULL for what is empty or not shown. */
typedef struct sso_match_user_t {
    const char *id, *username; /* NULL: nobody was found */
    const char *email, *given_name, *family_name, *idnumber, *language;
} sso_match_user_t;

#endif
