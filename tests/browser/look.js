// Run in the page: answers with a sentence for each thing that is wrong with what it shows now.
({ language, touch }) => {
  const WHOLE = '.money, .serial, .chip, .badge, .state';
  const faults = [];
  const root = document.documentElement;
  const dialog = [...document.querySelectorAll('dialog[open]')].at(-1);
  const ground = dialog ?? document.body;
  const short = (text) => text.trim().replace(/\s+/g, ' ').slice(0, 60);
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    if (box.width <= 1 || box.height <= 1 || element.closest('[inert], .unseen')) return false;
    return element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  };
  const named = (element) => `<${element.tagName.toLowerCase()} ${element.className}> ${short(element.textContent)}`;

  if (root.lang !== language) faults.push(`lang is ${root.lang}`);
  if (root.dir !== (language === 'ar' ? 'rtl' : 'ltr')) faults.push(`dir is ${root.dir}`);
  for (const each of [root, ...document.querySelectorAll('main, dialog[open] > .body')]) {
    const over = each.scrollWidth - each.clientWidth;
    if (over > 0) faults.push(`${each.tagName} is ${over} px too wide`);
  }

  // The main button stays on the screen, and there is room left to read what it is about.
  for (const each of document.querySelectorAll('.phone > .bottom, dialog[open] > footer')) {
    const box = each.getBoundingClientRect();
    if (box.bottom > innerHeight + 1 || box.top < 0) faults.push(`the foot leaves the screen: ${named(each)}`);
    const room = each.parentElement.querySelector(':scope > main, :scope > .body')?.clientHeight ?? 0;
    if (touch && each.matches('.bottom') && room < innerHeight * 0.4) faults.push(`${room} px are left between head and foot`);
  }
  for (const keys of document.querySelectorAll('.keys:has(.keypad)')) {
    const main = keys.closest('main')?.getBoundingClientRect();
    const covers = getComputedStyle(keys).position === 'sticky' && main;
    if (covers && keys.getBoundingClientRect().top - main.top < 160) faults.push('the keypad covers what is typed');
  }

  for (const each of ground.querySelectorAll('*')) {
    if (!(each instanceof HTMLElement) || !seen(each)) continue;
    const style = getComputedStyle(each);
    const cut = each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0;
    if (cut && ['hidden', 'clip'].includes(style.overflowX) && !each.matches('input, select')) {
      if (style.textOverflow !== 'ellipsis') faults.push(`cut off: ${named(each)}`);
      else if (each.matches(WHOLE) || each.querySelector(WHOLE)) {
        faults.push(`an amount, number or state is cut: ${named(each)}`);
      } else if (each.matches('.clipped, .clip')) {
        // A typed text is cut at its own end: its first letter is in sight.
        const walk = document.createTreeWalker(each, NodeFilter.SHOW_TEXT);
        const range = document.createRange();
        const first = walk.nextNode();
        if (first) {
          const from = first.textContent.search(/\S/);
          range.setStart(first, Math.max(0, from));
          range.setEnd(first, Math.max(0, from) + 1);
          const letter = range.getBoundingClientRect();
          const box = each.getBoundingClientRect();
          const whole = letter.left >= box.left - 1 && letter.right <= box.right + 1;
          if (!whole) faults.push(`cut at its beginning: ${named(each)}`);
        }
      }
    }
    if (each.matches('.button, .pick, .tabs a') && each.scrollWidth > each.clientWidth + 1) faults.push(`words leave it: ${named(each)}`);
    if (touch && each.matches('a[href], button, summary, input, select, textarea') && each.type !== 'file') {
      const box = each.getBoundingClientRect();
      const inline = each.matches('p a');
      if (!inline && (box.width < 47.5 || box.height < 47.5)) {
        const size = `${Math.round(box.width)} × ${Math.round(box.height)}`;
        faults.push(`${size} px to touch: ${named(each)} ${each.getAttribute('aria-label') ?? ''}`);
      }
    }
  }

  // Words of the other language, but for what people typed and codes, which stand isolated.
  const walk = document.createTreeWalker(ground, NodeFilter.SHOW_TEXT);
  const other = language === 'ar' ? /[A-Za-z]{2,}/ : /[\u0620-\u064a]{2,}/;
  const allowed = /^(CSV|Excel|MB|Ctrl|Enter)$/;
  const free = `bdi, kbd, .serial, [dir='ltr'], [dir='auto'], option, [lang]:not(html), script, style`;
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const parent = node.parentElement;
    if (!parent || parent.closest(free) || !parent.checkVisibility()) continue;
    const text = node.textContent.replace(/\u2068[^\u2069]*\u2069/g, '');
    const word = other.exec(text)?.[0];
    if (word && !allowed.test(word)) faults.push(`not in ${language}: ${short(text)}`);
  }
  for (const each of ground.querySelectorAll('[aria-label], [placeholder], [title]')) {
    if (!seen(each) || each.closest('[lang]:not(html)')) continue;
    for (const name of ['aria-label', 'placeholder', 'title']) {
      const text = (each.getAttribute(name) ?? '').replace(/\u2068[^\u2069]*\u2069/g, '');
      if (/[A-Za-z]{4,}/.test(text) && language === 'ar') faults.push(`${name} not in ar: ${short(text)}`);
      if (other.test(text) && language === 'en') faults.push(`${name} not in en: ${short(text)}`);
    }
  }
  return [...new Set(faults)];
}
