// Redoc on this server's own document. Its search would run in a worker made from a blob, which the
// content security policy does not allow; the browser's own search finds everything on the page.
Redoc.init('../openapi.json', { disableSearch: true, nativeScrollbars: true, hideDownloadButton: false }, document.getElementById('api'));
