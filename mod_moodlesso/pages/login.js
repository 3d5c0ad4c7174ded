(() => {
    const status = document.getElementById('status');
    const { popup, waiting, blocked } = status.dataset;
    if (!popup) return;
    const done = () => location.replace(status.dataset.return);
    addEventListener('message', ({ origin, data }) => {
        if (origin === location.origin && data?.moodlesso === 'done') done();
    });
    new BroadcastChannel('moodlesso').addEventListener('message', ({ data }) => {
        if (data?.moodlesso === 'done') done();
    });
    for (const link of document.querySelectorAll('a.choice')) {
        link.addEventListener('click', (event) => {
            const opened = open(link.href, 'moodlesso', 'popup,width=520,height=680');
            status.textContent = opened ? waiting : blocked;
            if (opened) event.preventDefault();
        });
    }
})();
