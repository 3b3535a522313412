import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// Vite 6 and Vitest 3 are the newest that run on node 18, which is what Debian 12 has; so no other node is needed.
// `npm run dev` serves the page with live reload and passes requests on to the server that TAGWERK_URL names.
const server = process.env.TAGWERK_URL ?? 'http://127.0.0.1:8080';
const passed = Object.fromEntries(
  ['/api', '/login', '/logout', '/openapi.json', '/docs', '/redoc', '/ws'].map((path) => [
    path,
    { target: server, ws: path === '/ws' },
  ]),
);

export default defineConfig({
  base: './', // the server may live below a base path that is not known here
  plugins: [svelte()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // data: addresses would need their own line in the content security policy
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: passed },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
