(() => {
    const { origin, message, back } = document.getElementById('status').dataset;
    const said = JSON.parse(message);
    if (window.opener && window.opener !== window) {
        window.opener.postMessage(said, origin);
    } else if (said.moodlesso === 'done') {
        /* A provider may have cut the tie to the opener (Cross-Origin-Opener-Policy). */
        new BroadcastChannel('moodlesso').postMessage(said);
    }
    window.close();
    /* What was not opened by a script stays open, and goes on. */
    if (!window.closed && !window.opener && back) location.replace(back);
})();
