(() => {
    const form = document.getElementById('key');
    /* Not in the history, whatever becomes of it. */
    history.replaceState(null, '', form.action);
    /* A page that is made ready beforehand has nobody before it, yet. */
    if (document.prerendering) {
        document.addEventListener('prerenderingchange', () => form.submit(), { once: true });
    } else {
        form.submit();
    }
})();
