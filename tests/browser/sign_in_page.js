// SPDX-License-Identifier: Apache-2.0
// sign_in_page.js -- put by the browser into every page, as the sign-in pages let no other script in: tells the
// outermost window what the page of Teams says when it offers to try again, and where its button for a window is; presses
// the button to try again when asked for it. Of the page to choose a provider in a frame it tells the first one, once
// its link leads to a window of this frame.
addEventListener("DOMContentLoaded", () => {
    const again = document.getElementById("again");
    const choice = document.querySelector("a.choice");
    const place = (element) => element?.getBoundingClientRect().toJSON();
    const whenChanged = (element, tell) => new MutationObserver(tell).observe(element, { attributes: true });
    const tellAgain = () => {
        if (again.hidden) return;
        const says = document.getElementById("status").innerText;
        const visible = again.checkVisibility();
        top.postMessage({ state: { says, button: again.innerText, visible, place: place(document.getElementById("window")) } }, "*");
    };
    const tellChoice = () => {
        if (!new URL(choice.href).searchParams.has("frame")) return;
        top.postMessage({ state: { choice: choice.innerText.trim(), place: place(choice) } }, "*");
    };
    if (choice) {
        whenChanged(choice, tellChoice);
        tellChoice();
    }
    if (!again) return;
    whenChanged(again, tellAgain);
    addEventListener("message", ({ data }) => data.again && again.click());
    tellAgain();
});
