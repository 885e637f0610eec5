import { describe, expect, it } from 'vitest';

import { fitted } from './photo';

describe('the size of a photo', () => {
  it('brings the longer side down to 1600 and keeps the shape', () => {
    expect(fitted(4000, 3000)).toEqual([1600, 1200]);
    expect(fitted(3000, 4000)).toEqual([1200, 1600]);
  });

  it('never makes a small picture larger', () => {
    expect(fitted(640, 480)).toEqual([640, 480]);
    expect(fitted(1600, 1)).toEqual([1600, 1]);
  });

  it('leaves at least one pixel of a very long strip', () => {
    expect(fitted(10_000, 2)).toEqual([1600, 1]);
  });
});
