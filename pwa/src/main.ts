import './tokens.css';
import './fonts.css';
import './app.css';

import { mount } from 'svelte';

import App from './App.svelte';
import { show_setting } from './text';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no element with the id "app"');
show_setting();
mount(App, { target });

// A phone keeps the app open for weeks: the worker is looked for anew whenever it comes back, and never from a cache.
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  void navigator.serviceWorker.register('/sw.js', { updateViaCache: 'none' }).then((registration) => {
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') void registration.update().catch(() => undefined);
    });
  });
}
