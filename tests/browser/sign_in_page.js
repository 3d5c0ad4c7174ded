// SPDX-License-Identifier: Apache-2.0
// sign_in_page.js -- put by the browser into every page, as the sign-in page lets no other script in: tells the
// outermost window what that page says when it offers to try again, and where its button for a window is; presses
// the button to try again when asked for it.
addEventListener("DOMContentLoaded", () => {
    const again = document.getElementById("again");
    if (!again) return;
    const tell = () => {
        if (again.hidden) return;
        const says = document.getElementById("status").innerText;
        const place = document.getElementById("window")?.getBoundingClientRect().toJSON();
        top.postMessage({ state: { says, button: again.innerText, visible: again.checkVisibility(), place } }, "*");
    };
    new MutationObserver(tell).observe(again, { attributes: true });
    addEventListener("message", ({ data }) => data.again && again.click());
    tell();
});
