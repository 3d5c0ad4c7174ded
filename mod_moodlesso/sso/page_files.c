/* SPDX-License-Identifier: Apache-2.0 */
/* page_files.c -- the files of mod_moodlesso/pages/, as they are built into the module. */
#include "sso/page_files.h"

/* X(symbol, file) */
#define FILES(X)                     \
    X(layout, "layout.html")         \
    X(style, "style.css")            \
    X(texts_en, "texts.en")          \
    X(texts_de, "texts.de")          \
    X(account, "account.html")       \
    X(check, "check.html")           \
    X(error, "error.html")           \
    X(key, "key.html")               \
    X(key_js, "key.js")              \
    X(login, "login.html")           \
    X(login_js, "login.js")          \
    X(logout, "logout.html")         \
    X(signed_in, "signed_in.html")   \
    X(signed_in_js, "signed_in.js")  \
    X(signed_out, "signed_out.html") \
    X(teams, "teams.html")           \
    X(teams_js, "teams.js")

/* The assembler finds pages/ by -I, as headers are found. Each ends in NUL. */
#define EMBED(symbol, file)                \
    __asm__(".pushsection .rodata\n"       \
            "sso_page_file_" #symbol ":\n" \
            ".incbin \"pages/" file "\"\n" \
            ".byte 0\n"                    \
            ".popsection\n");              \
    extern const char sso_page_file_##symbol[] __attribute__((visibility("hidden")));
FILES(EMBED)

#define ROW(symbol, file) {file, sso_page_file_##symbol},
const sso_page_file_t sso_page_files[] = {FILES(ROW){0, 0}};
