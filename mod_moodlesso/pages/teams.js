(() => {
    const status = document.getElementById('status');
    const buttons = ['window', 'choose', 'storage', 'again'].map((id) => document.getElementById(id)).filter(Boolean);
    const { exchange, back, failed, missing, popup, waiting, blocked } = status.dataset;
    const signing = status.textContent;
    const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
        .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
    let challenge, opened;

    function say(text, offers) {
        status.textContent = text;
        for (const button of buttons) button.hidden = !offers;
    }
    const refuse = (error) => say(`${failed} ${error.message ?? error}`, true);

    async function redeem(what) {
        const answer = await fetch(exchange, { method: 'POST', ...what });
        if (!answer.ok) {
            const problem = await answer.json();
            throw new Error(`${problem.detail} (${problem.reason})`);
        }
    }
    const goOn = () => location.replace(back);
    async function signIn() {
        /* Before a click, which may open a window at once only. */
        challenge = base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)));
        if (!window.microsoftTeams) throw new Error(missing);
        await microsoftTeams.app.initialize();
        const token = await microsoftTeams.authentication.getAuthToken();
        await redeem({ headers: { Authorization: `Bearer ${token}` } });
        microsoftTeams.app.notifySuccess();
        goOn();
    }
    function tryIt() {
        say(signing, false);
        signIn().catch(refuse);
    }
    const actions = {
        again: () => (window.microsoftTeams ? tryIt() : location.reload()),
        window() {
            opened = open(`${popup}&frame=${challenge}`, 'moodlesso', 'popup,width=520,height=680');
            status.textContent = opened ? waiting : blocked;
        },
        choose: (event) => location.assign(event.currentTarget.dataset.url),
        storage: () => document.requestStorageAccess().then(goOn).catch(refuse),
    };
    for (const button of buttons) button.addEventListener('click', actions[button.id]);
    addEventListener('message', ({ origin, source, data }) => {
        if (origin !== location.origin || source !== opened || data?.moodlesso !== 'code') return;
        say(signing, false);
        redeem({ body: new URLSearchParams({ code: data.code, verifier }) }).then(goOn).catch(refuse);
    });
    tryIt();
})();
