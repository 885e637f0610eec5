import { describe, expect, it } from 'vitest';

import { fold } from './folding';

describe('fold', () => {
  it.each([
    ['أحمد', 'احمد'],
    ['إبراهيم', 'ابراهيم'],
    ['آمال', 'امال'],
    ['مكتبة', 'مكتبه'],
    ['منى', 'مني'],
    ['مُحَمَّد', 'محمد'],
    ['محمـــد', 'محمد'],
    ['٠١٠٠ ٥٥٥', '0100 555'],
    ['۱۲۳', '123'],
    ['Café  Élan', 'cafe elan'],
    ['ﻻ', 'لا'],
    ['\u200fسوق\u200e', 'سوق'],
  ])('%s is %s', (text, folded) => {
    expect(fold(text)).toBe(folded);
  });
});
