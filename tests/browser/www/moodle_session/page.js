// SPDX-License-Identifier: Apache-2.0
// page.js -- tells the outermost window what the page says, and does what that window asks for.
const stateIn = (page) => JSON.parse(page.getElementById("state").textContent);
const state = stateIn(document);
const tell = (what) => top.postMessage({ state: what }, "*");

function submit(name, values = {}) {
    const form = document.forms[name];
    for (const [field, value] of Object.entries(values)) form.elements[field].value = value;
    form.submit();
}

function nest(url) {
    const frame = document.createElement("iframe");
    frame.src = url;
    document.body.append(frame);
}

async function fetchState(url) {
    const answer = await fetch(url);
    tell(stateIn(new DOMParser().parseFromString(await answer.text(), "text/html")));
}

function act(wanted) {
    if (wanted.go) location.href = wanted.go;
    if (wanted.submit) submit(wanted.submit, wanted.values);
    if (wanted.nest) nest(wanted.nest);
    if (wanted.fetch) fetchState(wanted.fetch);
}

/** At the top level: what a page says that is asked for without leaving this one. */
function actHere(wanted) {
    const told = new Promise((done) => addEventListener("message", ({ data }) => done(data.state), { once: true }));
    act(wanted);
    return told;
}

if (top !== window) {
    addEventListener("load", () => tell(state));
    addEventListener("message", ({ data }) => act(data));
}
