import { beforeEach, describe, expect, it } from 'vitest';

import type { Documents } from '../wire/types';
import { Finder, phone_digits } from './finding';
import { Layered } from './layered';

type Customer = Documents['customer'];
type Item = Documents['item'];

const EG = { prefix: '20', language: 'en' } as const;

function customer(id: string, name: string, name_ar: string, code: string, phone = '', area = ''): Customer {
  return { id, code, name, name_ar, phone, area, currency: 'EGP' };
}

function item(id: string, owner: string, number: string): Item {
  return { id, customer: owner, number, currency: 'EGP', date: '2026-01-01', due: '2026-01-31', original: 100, open: 100 };
}

const CUSTOMERS = [
  customer('nour', 'El Nour Grocery', 'بقالة النور', 'C-10482', '+20 100 555 0182', 'شبرا'),
  customer('baraka', 'Baraka Supermarket', 'سوبر ماركت البركة', 'C-104', '01005550199', 'المعادي'),
  customer('ahmed', 'Café Élan', 'أحمد إبراهيم', 'X-9', '0020 19 7777 0001', 'مدينة نصر'),
  customer('huda', 'El Huda Bookshop', 'مكتبة الهُدى', 'C-20', '019 2239 1000', 'الدقي'),
];
const ITEMS = [
  item('i1', 'nour', 'INV-22391'),
  item('i2', 'nour', 'INV-22392'),
  item('i3', 'baraka', 'INV-2239'),
  item('i4', 'huda', '2026/0077'),
];

let finder: Finder;

function table<Row extends { id: string }>(rows: Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row.id, row]));
}

function lists(items: Item[]): Map<string, Item[]> {
  const found = new Map<string, Item[]>();
  for (const one of items) found.set(one.customer, [...(found.get(one.customer) ?? []), one]);
  return found;
}

function found(search: string): string[] {
  const { total, first } = finder.find(search);
  const hits = first(total);
  expect(hits).toHaveLength(total);
  return hits.map(({ customer: id, item: invoice }) => (invoice === undefined ? id : `${id} ${invoice}`));
}

beforeEach(() => {
  finder = new Finder();
  finder.follow(table(CUSTOMERS), lists(ITEMS), EG);
});

describe('a customer is found', () => {
  it.each([
    ['by a name however it is spelt', 'احمد ابراهيم', ['ahmed']],
    ['with tashkeel, tatweel and the other ya', 'مكتبه الهـــدي', ['huda']],
    ['without accents', 'cafe elan', ['ahmed']],
    ['by part of a name', 'نور', ['nour']],
    ['by words in any order', 'البركه سوبر', ['baraka']],
    ['by words of a name and an area', 'مكتبة الدقي', ['huda']],
    ['by words of both languages', 'grocery النور', ['nour']],
    ['by code, the exact one first', 'c-104', ['baraka', 'nour']],
    ['by code without its hyphen', 'C10482', ['nour']],
    ['by code in Arabic digits', 'C-١٠٤٨٢', ['nour']],
    ['by code with a blank', 'C 10482', ['nour']],
    ['by the end of a telephone number', '0182', ['nour']],
    ['by a telephone number with the zero', '01005550182', ['nour']],
    ['by a telephone number without the zero', '1005550182', ['nour']],
    ['by a telephone number with blanks', '0100 555 0182', ['nour']],
    ['by a telephone number from abroad', '+20 100 555 0182', ['nour']],
    ['by a telephone number from abroad with two zeros', '00201005550182', ['nour']],
    ['by prefix and zero, as many write it', '+20 0100 555 0182', ['nour']],
    ['by a number that is kept with the prefix', '0197777', ['ahmed']],
    ['by a telephone number in Arabic digits', '٠١٠٠٥٥٥٠١٨٢', ['nour']],
    ['by an invoice, which is named', 'INV-22391', ['nour i1']],
    ['by an invoice without its hyphen', 'inv22392', ['nour i2']],
    ['by an invoice, the exact one first', 'INV-2239', ['baraka i3', 'nour i1']],
    ['by the digits of an invoice', '22392', ['nour i2']],
    ['by an invoice with a stroke', '2026/0077', ['huda i4']],
    ['by a name and an invoice', 'نور 22392', ['nour i2']],
    ['by two words of which one is nobody’s: not at all', 'البركة صيدلية', []],
    ['by what nobody has: not at all', 'زززز', []],
  ])('%s', (_, search, wanted) => {
    expect(found(search)).toEqual(wanted);
  });
});

it('best first: exact code or number, then what begins so, then a word that begins so, then inside', () => {
  const names = ['Samir', 'Amir Sons', 'El Amir', 'Xamir'].map((name, place) => customer(`n${place}`, name, '', `K-${place}`));
  const by_code = customer('code', 'Zzz', '', 'amir');
  finder.follow(table([...names, by_code]), new Map(), EG);

  expect(found('amir')).toEqual(['code', 'n1', 'n2', 'n0', 'n3']);
});

it('letter by letter it finds what it finds at once', () => {
  const many = Array.from({ length: 400 }, (_, n) => customer(`m${n}`, `Shop ${n % 7} Nour ${n}`, `محل ${n}`, `M-${n}`, `0100${n}`));
  finder.follow(table([...CUSTOMERS, ...many]), lists(ITEMS), EG);
  const fresh = new Finder();
  for (const search of ['baraka sup', 'nour 39', 'shop nour', 'مكتبه ال', '00201005', 'inv-2239', 'el h', 'x', '+2001005550', '0020', '2010', 'c 104 82', 'C-10482 n', 'nour - 3', '٠١٠٠٥', '100 5', '2026/0077', 'shop 1 nour 15']) {
    for (let length = 1; length <= search.length; length += 1) {
      const typed = search.slice(0, length);
      fresh.follow(new Map(), new Map(), EG);
      fresh.follow(table([...CUSTOMERS, ...many]), lists(ITEMS), EG);
      const at_once = fresh.find(typed);

      expect(found(typed), typed).toEqual(at_once.first(at_once.total).map(({ customer: id, item: invoice }) => (invoice ? `${id} ${invoice}` : id)));
    }
  }
});

describe('with letters compared beforehand', () => {
  const many = Array.from({ length: 300 }, (_, n) => customer(`m${n}`, `${n % 3 ? 'Shop' : 'Nour'} ${n}`, `محل ${n}`, `M-${n}`, `0100${n}`));
  const customers = table([...CUSTOMERS, ...many]);

  it('it is found what is found without', () => {
    finder.follow(customers, lists(ITEMS), EG);
    const fresh = new Finder();
    fresh.follow(customers, lists(ITEMS), EG);
    while (!finder.compare_letters(500));
    for (const search of ['n', 'no', 'm', 'ا', 'ن', 'م', '1', '0', 'x', 'e', 'm 1', 'ب', 'é']) {
      const hits = fresh.find(search).first(400);

      expect(finder.find(search).first(400), search).toEqual(hits);
      expect(finder.find(search).total, search).toBe(hits.length);
    }
  });

  it('a change is followed', () => {
    finder.follow(customers, lists(ITEMS), EG);
    while (!finder.compare_letters(Infinity));
    finder.follow(new Layered(customers).set('huda', { ...CUSTOMERS[3], area: 'چ x' } as Customer), lists(ITEMS), EG);
    expect(found('x')).toEqual(['ahmed', 'huda']);

    finder.follow(new Layered(customers).set('huda', { ...CUSTOMERS[3], name: 'Xenia' } as Customer), lists(ITEMS), EG);
    expect(found('x')).toEqual(['ahmed', 'huda']);
    while (!finder.compare_letters(Infinity));
    expect(found('x')).toEqual(['ahmed', 'huda']);
  });
});

it('the first few are the best of all, whoever else there is', () => {
  const many = Array.from({ length: 300 }, (_, n) => customer(`m${n}`, `Shop ${n}`, '', `SH-${1000 + n}`));
  const last = customer('last', 'Zed', '', 'SHOP');
  finder.follow(table([...many, last]), new Map(), EG);

  for (const search of ['s', 'sh', 'sho', 'shop', 'sh-10', 'sh-100']) {
    const { first, go_on } = finder.find(search);
    const few = first(12);

    expect(go_on(Infinity)).toBe(true);
    expect(first(400).slice(0, 12), search).toEqual(few);
  }
  expect(finder.find('shop').first(1)).toEqual([{ customer: 'last', item: undefined }]);
});

it('an empty search is everybody, in the order of the language', () => {
  expect(found(' ')).toEqual(['baraka', 'ahmed', 'huda', 'nour']);
  finder.follow(table(CUSTOMERS), lists(ITEMS), { prefix: '20', language: 'ar' });

  expect(found('')).toEqual(['ahmed', 'nour', 'baraka', 'huda']);
});

it('a few digits do not match every telephone number', () => {
  expect(found('10')).toEqual(['baraka', 'nour']);
});

it('only as many as are drawn are looked at', () => {
  const { total, first } = finder.find('');

  expect(total).toBe(4);
  expect(first(2)).toHaveLength(2);
});

describe('following', () => {
  it('prepares so many at once, and tells when nothing is left', () => {
    finder = new Finder();
    const how = { ...EG, most: 3 };
    const [customers, items_of] = [table(CUSTOMERS), lists(ITEMS)];

    expect(finder.follow(customers, items_of, how)).toBe(false);
    expect(finder.follow(customers, items_of, how)).toBe(true);
    expect(found('نور')).toEqual(['nour']);
  });

  it('a new name, a new invoice, a customer that left', () => {
    const renamed = { ...CUSTOMERS[0], name: 'El Safa', name_ar: 'الصفا' } as Customer;
    const items = [...ITEMS, item('i9', 'baraka', 'NEW-500')];
    finder.follow(table([renamed, ...CUSTOMERS.slice(1, 3)]), lists(items), EG);

    expect(found('نور')).toEqual([]);
    expect(found('صفا')).toEqual(['nour']);
    expect(found('new 500')).toEqual(['baraka i9']);
    expect(found('hud')).toEqual([]);
    expect(found('')).toEqual(['baraka', 'ahmed', 'nour']);
  });

  it('of a version of the same table only what differs is looked at', () => {
    const customers = table([...CUSTOMERS, ...Array.from({ length: 20 }, (_, n) => customer(`m${n}`, `Shop ${n}`, '', `M-${n}`))]);
    const items_of = lists(ITEMS);
    finder.follow(customers, items_of, EG);
    const next = new Layered(customers).set('nour', { ...CUSTOMERS[0], name: 'El Safa', name_ar: 'الصفا' } as Customer);
    next.delete('huda');
    const invoices = new Layered(items_of).set('baraka', [item('i9', 'baraka', 'NEW-500')]);

    expect(finder.follow(next, invoices, { ...EG, most: 4 })).toBe(true);
    expect([found('صفا'), found('new 500'), found('hud'), found('INV-2239')]).toEqual([['nour'], ['baraka i9'], [], ['nour i1']]);
    // And back, as when an entry was refused.
    finder.follow(customers, items_of, EG);
    expect([found('صفا'), found('hud'), found('INV-2239')]).toEqual([[], ['huda'], ['baraka i3', 'nour i1']]);
  });

  it('what was left over is looked at with the next version', () => {
    finder = new Finder();
    const customers = table(CUSTOMERS);
    finder.follow(customers, lists(ITEMS), { ...EG, most: 1 });
    finder.follow(new Layered(customers).set('nour', { ...CUSTOMERS[0], code: 'C-7' } as Customer), lists(ITEMS), EG);

    expect(found('')).toHaveLength(4);
    expect(found('c-7')).toEqual(['nour']);
  });

  it('another balance changes no order and loses nobody', () => {
    const paid = CUSTOMERS.map((one) => ({ ...one, credit: { EGP: 5 } }));
    finder.follow(table(paid), lists(ITEMS), EG);

    expect(found('')).toEqual(['baraka', 'ahmed', 'huda', 'nour']);
  });
});

it.each([
  ['+20 100 555', ['20100555', '0100555', '100555']],
  ['0100555', ['20100555', '0100555', '100555']],
  ['0020100555', ['20100555', '0100555', '100555']],
  ['100555', ['20100555', '0100555', '100555']],
  ['+971 50 123', ['97150123']],
  ['', []],
])('the digits of %s', (phone, digits) => {
  expect(phone_digits(phone, '20')).toEqual(digits);
});
