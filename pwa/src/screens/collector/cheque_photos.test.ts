import { expect, test } from 'vitest';

import { load_cases } from '../../testing/cases';
import type { Voucher } from '../../wire/types';
import { bare_cheques } from './cheque_photos';

type Row = Pick<Voucher, 'tenders' | 'photos' | 'photographed'> & { name: string; bare: number[] };

test.each(load_cases<Row[]>('photographed'))('$name', ({ tenders, photos = [], photographed = [], bare }) => {
  expect(bare_cheques({ tenders, photos, photographed } as unknown as Voucher)).toEqual(bare);
});
