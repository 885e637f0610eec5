/** Puts the focus on the field of an open dialog that is to be filled: the browser would choose the closing cross. */
import { tick } from 'svelte';

export async function focus_dialog(which = 'input, select, textarea'): Promise<void> {
  await tick();
  const dialogs = [...document.querySelectorAll('dialog[open]')];
  dialogs.at(-1)?.querySelector<HTMLElement>(`:scope .body :is(${which})`)?.focus();
}
