import './tokens.css';
import './fonts.css';
import './app.css';

import { mount } from 'svelte';

import App from './App.svelte';
import { watch_installing } from './installing';
import { show_setting } from './text';
import { watch_updates } from './update';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no element with the id "app"');
show_setting();
watch_installing(window); // Offered once, and maybe before the first screen.
mount(App, { target });

if (import.meta.env.PROD && 'serviceWorker' in navigator) void watch_updates(navigator.serviceWorker, () => location.reload());
