(() => {
    const { origin, message } = document.getElementById('status').dataset;
    const said = JSON.parse(message);
    if (window.opener) window.opener.postMessage(said, origin);
    /* A provider may have cut the tie to the opener (Cross-Origin-Opener-Policy). */
    else if (said.moodlesso === 'done') new BroadcastChannel('moodlesso').postMessage(said);
    window.close();
})();
