// SPDX-License-Identifier: Apache-2.0
// shown.js -- tells the outermost window that a page is shown, and what it says.
addEventListener("load", () => top.postMessage({ url: location.href, text: document.body.innerText }, "*"));
