(() => {
    const status = document.getElementById('status');
    const again = document.getElementById('again');
    const { exchange, back, failed, missing } = status.dataset;
    const signing = status.textContent;
    async function signIn() {
        if (!window.microsoftTeams) throw new Error(missing);
        await microsoftTeams.app.initialize();
        const token = await microsoftTeams.authentication.getAuthToken();
        const answer = await fetch(exchange, {
            method: 'POST', headers: { Authorization: `Bearer ${token}` },
        });
        if (!answer.ok) {
            const problem = await answer.json();
            throw new Error(`${problem.detail} (${problem.reason})`);
        }
        microsoftTeams.app.notifySuccess();
        location.replace(back);
    }
    function tryIt() {
        again.hidden = true;
        status.textContent = signing;
        signIn().catch((error) => {
            status.textContent = `${failed} ${error.message ?? error}`;
            again.hidden = false;
        });
    }
    again.addEventListener('click', () => window.microsoftTeams ? tryIt() : location.reload());
    tryIt();
})();
