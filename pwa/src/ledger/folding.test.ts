import { describe, expect, it } from 'vitest';

import { fold, found_in } from './folding';

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

describe('found_in', () => {
  const text = fold('سوبر ماركت البركة C-10482 0100 555 0182 INV-22391');
  it.each(['بركه', 'البركة ماركت', 'c-104', 'c10482', '01005550182', '٠١٨٢', 'inv22391', '0100555', ''])('finds %s', (search) => {
    expect(found_in(text, search)).toBe(true);
  });
  it('does not find what is not there', () => {
    expect(found_in(text, 'صيدلية')).toBe(false);
    expect(found_in(text, 'البركة صيدلية')).toBe(false);
  });
});
