import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { build, type Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** A screen's chunk is called after its desk, so that the network panel and error reports can be read. */
function chunk_name(chunk: { name: string; facadeModuleId?: string | null }): string {
  const desk = /\/src\/screens\/([^/]+)\//.exec(chunk.facadeModuleId ?? '')?.[1];
  return desk === undefined || desk === chunk.name ? 'assets/[name]-[hash].js' : `assets/${desk}-[name]-[hash].js`;
}

/** Every file of the build with its SHA-256, in a fixed order. */
function files_of(folder: string): { url: string; sha256: string }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'sw.js' && !entry.name.endsWith('.map'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({
      url: '/' + relative(folder, path).split(sep).join('/'),
      sha256: createHash('sha256').update(readFileSync(path)).digest('hex'),
    }));
}

/**
 * Builds src/sw.ts last, with the list of all other files of the build in it. The build id is a hash of that list:
 * the same sources give the same service worker, and any change gives another.
 */
function service_worker(): Plugin {
  let folder = '';
  return {
    name: 'sanad-service-worker',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    async closeBundle(error) {
      if (error) return;
      const files = files_of(folder);
      const build_id = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);
      await build({
        configFile: false,
        publicDir: false,
        logLevel: 'warn',
        define: { __BUILD_ID__: JSON.stringify(build_id), __BUILD_FILES__: JSON.stringify(files) },
        build: {
          outDir: folder,
          emptyOutDir: false,
          lib: { entry: 'src/sw.ts', formats: ['iife'], name: 'sw', fileName: () => 'sw.js' },
        },
      });
    },
  };
}

// Each desk is one dynamic import in App.svelte and thereby one lazily loaded chunk. Chunks are not grouped by hand:
// a group pulls the parts that desks share into one of them, and a collector's phone would load the cashier's desk.
export default defineConfig({
  base: '/',
  plugins: [svelte(), service_worker()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    sourcemap: false,
    // The content security policy allows no data: fonts, and a file of its own is cached by its own name.
    assetsInlineLimit: 0,
    rollupOptions: { output: { chunkFileNames: chunk_name } },
  },
  server: {
    fs: { allow: ['..'] },
    proxy: { '/api': 'http://127.0.0.1:8321' },
  },
  // Vitest must take Svelte's browser build, or components cannot be mounted.
  ...(process.env['VITEST'] === undefined ? {} : { resolve: { conditions: ['browser'] } }),
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts'],
    setupFiles: ['src/testing/setup.ts'],
  },
});
