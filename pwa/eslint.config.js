import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

import svelteConfig from './svelte.config.js';

// The rooms of src/. A room's wall says which other rooms it may import from.
const ROOMS = ['wire', 'ledger', 'journal', 'text', 'parts', 'printing', 'screens', 'testing'];
const MAY_IMPORT = {
  wire: [],
  ledger: ['wire'],
  journal: ['ledger', 'wire'],
  text: ['ledger', 'wire'],
  parts: ['text', 'ledger', 'wire'],
  printing: ['parts', 'text', 'ledger', 'wire'],
  screens: ROOMS.filter((room) => room !== 'testing'),
};
const NO_PACKAGES = ['ledger']; // Rules are plain functions: no library may creep in.

function wall(room) {
  const forbidden = ROOMS.filter((other) => other !== room && !MAY_IMPORT[room].includes(other));
  const patterns = [
    {
      regex: `^(\\.\\./)+(${forbidden.join('|')})(/|$)`,
      message: `${room}/ imports only ${[room, ...MAY_IMPORT[room]].join(', ')}.`,
    },
    { regex: '^(\\.\\./)+(main|App|sw)(\\.|$)', message: 'Nothing imports the entry points.' },
  ];
  if (NO_PACKAGES.includes(room)) patterns.push({ regex: '^[^.]', message: `${room}/ imports no packages.` });
  return {
    files: [`src/${room}/**/*.ts`, `src/${room}/**/*.svelte`],
    ignores: ['**/*.test.ts', '**/*.svelte.test.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns }] },
  };
}

const NETWORK = ['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource'];
const GLOBAL_OBJECTS = ['window', 'globalThis', 'self'];
const ONLY_CLIENT = 'Only wire/client.ts and sw.ts talk to the network.';
const no_network_properties = [
  ...GLOBAL_OBJECTS.flatMap((object) => NETWORK.map((property) => ({ object, property, message: ONLY_CLIENT }))),
  { object: 'navigator', property: 'sendBeacon', message: ONLY_CLIENT },
  {
    object: 'navigator',
    property: 'onLine',
    message: 'It stays true while the server is away. Whether a push got through is the only sign.',
  },
];
const no_ambient_state = [
  { object: 'Date', property: 'now', message: 'A rule is told the time.' },
  { object: 'Math', property: 'random', message: 'A rule is told its ids.' },
  { object: 'crypto', property: 'randomUUID', message: 'A rule is told its ids.' },
  { object: 'crypto', property: 'getRandomValues', message: 'A rule is told its ids.' },
];

export default ts.config(
  { ignores: ['dist/', 'node_modules/'] },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.browser },
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js'] },
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.svelte'],
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-globals': ['error', ...NETWORK.map((name) => ({ name, message: ONLY_CLIENT }))],
      'no-restricted-properties': ['error', ...no_network_properties],
      '@typescript-eslint/consistent-type-imports': 'error',
      // Numbers in texts are wanted: voucher numbers, counts.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // onclick={() => save()} reads better than with braces.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts', '**/*.svelte.js'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
    rules: {
      // $props() and $state() are declared with let, also where nothing is assigned again.
      'prefer-const': 'off',
      'svelte/prefer-const': ['error', { excludedRunes: ['$props', '$derived', '$state'] }],
    },
  },
  { files: ['src/wire/client.ts', 'src/sw.ts'], rules: { 'no-restricted-globals': 'off' } },
  ...Object.keys(MAY_IMPORT).map(wall),
  {
    files: ['src/ledger/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-properties': ['error', ...no_network_properties, ...no_ambient_state],
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'A rule is told the time.' },
      ],
    },
  },
  { files: ['*.js'], ...ts.configs.disableTypeChecked, languageOptions: { globals: { ...globals.node } } },
);
