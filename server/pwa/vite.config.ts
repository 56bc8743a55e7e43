// How the phone app is built: one strict CSP, the form engine in a chunk of its own, everything precached for life without a network.
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import solid from 'vite-plugin-solid';
import { budget } from './build/budget.ts';
import { forgetFailedBulkGet } from './build/bulk_get.ts';
import { engineWasmAsFiles } from './build/engine_wasm.ts';
import { opensOnFullDisk } from './build/full_disk.ts';
import { syllables } from './build/syllables.ts';
import { wordsApart } from './build/words.ts';
import packageJson from './package.json' with { type: 'json' };

export default defineConfig({
  base: '/app/',
  define: { __APP_VERSION__: JSON.stringify(packageJson.version), global: 'globalThis' },
  plugins: [
    forgetFailedBulkGet(),
    opensOnFullDisk(),
    engineWasmAsFiles(),
    wordsApart(),
    syllables(),
    solid(),
    VitePWA({
      registerType: 'prompt',
      injectRegister: false, // main.tsx registers: the CSP allows no inline script
      manifest: {
        id: '/app/',
        name: '走访 Doorstep',
        short_name: '走访',
        description: '入户走访登记 · Door-to-door visits that work without a network',
        lang: 'zh-CN',
        start_url: '/app/',
        scope: '/app/',
        display: 'standalone',
        orientation: 'portrait',
        background_color: '#ffffff',
        theme_color: '#0b5cad',
        icons: [
          { src: 'icons/icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: 'icons/icon-512.png', sizes: '512x512', type: 'image/png' },
          { src: 'icons/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
      },
      workbox: {
        globPatterns: ['**/*.{js,css,html,svg,png,wasm,webmanifest}'],
        maximumFileSizeToCacheInBytes: 8_000_000,
        navigateFallback: '/app/index.html',
        navigateFallbackAllowlist: [/^\/app\//],
        navigateFallbackDenylist: [/^\/app\/try\//], // its own answer says that the office may show it in a frame
        // Map pictures that were seen once are there without a network.
        runtimeCaching: [
          {
            urlPattern: ({ url, sameOrigin }: { url: URL; sameOrigin: boolean }) => sameOrigin && url.pathname.startsWith('/tiles/'),
            handler: 'CacheFirst',
            options: { cacheName: 'tiles', expiration: { maxEntries: 3_000, purgeOnQuotaError: true }, cacheableResponse: { statuses: [200] } },
          },
        ],
        cleanupOutdatedCaches: true,
        clientsClaim: true,
        inlineWorkboxRuntime: true, // the worker is one file: nothing more to fetch when it starts
      },
    }),
    budget(),
  ],
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false }, // it would be an inline script
    assetsInlineLimit: 0, // the CSP allows no data: addresses
    cssCodeSplit: true,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2_000,
    rolldownOptions: {
      checks: { pluginTimings: false },
      // Pictures of a few lines each, needed here and there: together they cost 4 kB less than as thirty files.
      output: { codeSplitting: { groups: [{ name: 'icons', test: /lucide-solid/ }] } },
    },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8000', '/sync': 'http://127.0.0.1:8000' } },
  test: {
    environment: 'node',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: [],
  },
} as never);
