/* Without this script the links lead to the provider and back. It opens a window for them where the
 * page was asked for with display=popup, or stands in a frame, in which providers do not show. */
(async () => {
    const status = document.getElementById('status');
    const { popup, frame, exchange, back, waiting, blocked, failed } = status.dataset;
    const links = document.querySelectorAll('a.choice');
    const base64url = (bytes) => btoa(String.fromCharCode(...bytes))
        .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    let opened, verifier, challenge;

    if (!popup) return;
    if (frame) {
        /* What the window signs in is handed to this frame alone, which kept the verifier. */
        verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
        const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
        challenge = base64url(new Uint8Array(digest));
    }
    for (const link of links) {
        const url = new URL(link.href);
        url.searchParams.set('display', 'popup');
        if (challenge) url.searchParams.set('frame', challenge);
        link.href = url;
    }
    /* This page itself is in such a window, and goes on in it. */
    if (window.opener && !frame) return;

    async function redeem(code) {
        const answer = await fetch(exchange, {
            method: 'POST', body: new URLSearchParams({ code, verifier }),
        });
        if (!answer.ok) {
            const problem = await answer.json();
            throw new Error(`${problem.detail} (${problem.reason})`);
        }
    }
    async function hear(data) {
        try {
            if (data?.moodlesso === 'code' && frame) await redeem(data.code);
            else if (data?.moodlesso !== 'done' || frame) return;
            location.replace(back);
        } catch (error) {
            status.textContent = `${failed} ${error.message ?? error}`;
        }
    }
    addEventListener('message', ({ origin, source, data }) => {
        if (origin === location.origin && source === opened) hear(data);
    });
    new BroadcastChannel('moodlesso').addEventListener('message', ({ data }) => hear(data));
    for (const link of links) {
        link.addEventListener('click', (event) => {
            opened = open(link.href, 'moodlesso', 'popup,width=520,height=680');
            status.textContent = opened ? waiting : blocked;
            if (opened || frame) event.preventDefault();
        });
    }
})();
