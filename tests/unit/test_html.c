/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/html.h"

T(what_html_reads_is_written_otherwise)
{
    assert_string_equal(sso_html_escape("", p), "");
    assert_string_equal(sso_html_escape("plain \xc3\xa4", p), "plain \xc3\xa4");
    assert_string_equal(sso_html_escape("<a href=\"x\" title='y'>&amp;", p),
                        "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;");
}

T(what_was_written_otherwise_is_read_back)
{
    const char *texts[] = {"", "plain \xc3\xa4", "<a href=\"x\" title='y'>&amp; &", "&&#39;&lt"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_string_equal(sso_html_unescape(sso_html_escape(texts[i], p), p), texts[i]);
    assert_string_equal(sso_html_unescape("&copy; &lt", p), "&copy; &lt");
}
