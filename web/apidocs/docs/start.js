// Swagger UI on this server's own document. Whoever is signed in to the interface is signed in here too.
const base = new URL('..', location.href).pathname;

function accessToken() {
  try {
    return JSON.parse(localStorage.getItem(`tagwerk.session:${base}`))?.access_token ?? null;
  } catch {
    return null;
  }
}

SwaggerUIBundle({
  url: '../openapi.json',
  dom_id: '#api',
  deepLinking: true,
  validatorUrl: null, // the default would send the document to the internet
  requestInterceptor(request) {
    const token = accessToken();
    if (token && !request.headers.Authorization && new URL(request.url, location.href).origin === location.origin) {
      request.headers.Authorization = `Bearer ${token}`;
    }
    return request;
  },
});
