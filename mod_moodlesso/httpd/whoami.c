/* SPDX-License-Identifier: Apache-2.0 */
/* whoami.c -- SetHandler moodlesso-whoami: the decision for this request, as JSON. */
#include "httpd/handlers.h"

#include "httpd/identify.h"

static const char *const classes[] = {"",          "absent",      "rejected",
                                      "forbidden", "unavailable", "broken"};

static const char *const claim_names[] = {
#define SSO_CLAIM(field, claim, variable) claim,
    SSO_CLAIMS(SSO_CLAIM)
#undef SSO_CLAIM
};

static json_t *describe_identity(const sso_identity_t *who, const sso_decision_t *decision,
                                 apr_time_t now)
{
    json_t *object = json_object();

    json_object_set_new(object, "identified", json_true());
    for (int i = 0; i < SSO_CLAIM_COUNT; i++) {
        if (who->claims[i] != NULL)
            json_object_set_new(object, claim_names[i], json_string(who->claims[i]));
    }
    for (int i = 0; i < who->extra_count; i++)
        json_object_set_new(object, who->extra[2 * i], json_string(who->extra[2 * i + 1]));
    json_object_set_new(object, "age", json_integer(apr_time_sec(now - who->vouched_at)));
    json_object_set_new(object, "cached", json_boolean(decision->cached));
    return object;
}

static json_t *describe_error(const sso_decision_t *decision)
{
    json_t *object = json_object();

    json_object_set_new(object, "identified", json_false());
    json_object_set_new(object, "reason", json_string(decision->why->name));
    json_object_set_new(object, "class", json_string(classes[decision->why->class]));
    json_object_set_new(object, "sentence", json_string(decision->why->sentence));
    if (decision->source != NULL)
        json_object_set_new(object, "source", json_string(decision->source->name));
    json_object_set_new(object, "cached", json_boolean(decision->cached));
    return object;
}

int moodlesso_whoami(request_rec *r)
{
    const sso_decision_t *decision = moodlesso_decision(r);

    if (decision == NULL)
        return moodlesso_answer_json(
            r, MOODLESSO_JSON,
            json_pack("{s:b, s:s}", "identified", 0, "sentence",
                      "MoodleSSO is Off here, or MoodleSSOUse names no source: write it in this "
                      "section"));
    return moodlesso_answer_json(r, MOODLESSO_JSON,
                                 decision->who
                                     ? describe_identity(decision->who, decision, r->request_time)
                                     : describe_error(decision));
}
