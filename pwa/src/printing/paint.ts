/**
 * A page painted on a canvas. The browser shapes the Arabic and orders the line, so no printer needs to know a letter of
 * it: a thermal printer gets dots, and no code page is ever used.
 */
import { qr_modules } from '../parts/qr';
import type { Block, Size } from './page';

export interface Style {
  /** In pixels, or dots of the print head. */
  width: number;
  margin: number;
  sizes: Record<Size, number>;
  /** The widest that a code may get, with its quiet zone. */
  code: number;
  line_height: number;
  ground: string;
  ink: string;
  faint: string;
  serial: string;
  rule: string;
}

/** A value of the theme. The paper's are the same in every theme. */
function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** As a customer gets it on a phone: the colours of voucher paper. */
export function picture_style(): Style {
  return {
    width: 720,
    margin: 40,
    sizes: { small: 22, text: 26, name: 32, head: 34, sum: 56, serial: 52 },
    code: 520,
    line_height: 1.5,
    ground: token('--paper'),
    ink: token('--paper-ink'),
    faint: token('--paper-ink-2'),
    serial: token('--numbering'),
    rule: token('--paper-line'),
  };
}

const BLACK = { ground: 'white', ink: 'black', faint: 'black', serial: 'black', rule: 'black' };

/** For a PDF: the picture's layout, black on white, at twice its resolution. */
export function pdf_style(): Style {
  const { sizes, ...rest } = picture_style();
  const doubled = Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, size * 2])) as Record<Size, number>;
  return { ...rest, ...BLACK, width: rest.width * 2, margin: rest.margin * 2, code: rest.code * 2, sizes: doubled };
}

/** For a print head of 8 dots a millimetre: 384 dots on paper of 58 mm, 576 on 80 mm. */
export function thermal_style(paper: 58 | 80): Style {
  const wide = paper === 80;
  return {
    ...BLACK,
    width: wide ? 576 : 384,
    margin: wide ? 16 : 4,
    sizes: wide
      ? { small: 23, text: 26, name: 32, head: 34, sum: 60, serial: 56 }
      : { small: 22, text: 24, name: 28, head: 30, sum: 46, serial: 44 },
    code: wide ? 500 : 384,
    line_height: 1.4,
  };
}

const BOLD: ReadonlySet<Size> = new Set<Size>(['name', 'head', 'sum', 'serial']);

/** Longer than that a font is not waited for: a paper in the system's letters is better than none. */
const FONTS_MS = 3_000;

/** A font that no screen has used yet is not loaded yet, and a canvas would take another one without a word. */
async function fonts_loaded(): Promise<void> {
  const faces = [`400 24px ${token('--font')}`, `700 24px ${token('--font')}`, `700 24px ${token('--font-serial')}`];
  const loaded = Promise.allSettled(faces.map((face) => document.fonts.load(face, 'سند Voucher 1')));
  await Promise.race([loaded, new Promise((resolve) => setTimeout(resolve, FONTS_MS))]);
}

/** Two passes over the same blocks: the first finds the height, the second paints. */
class Brush {
  y: number;
  readonly inner: number;
  private readonly family = token('--font');
  private readonly mono = token('--font-serial');

  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly style: Style,
    private readonly amounts: number,
    private readonly really: boolean,
  ) {
    this.y = style.margin;
    this.inner = style.width - 2 * style.margin;
  }

  font(pixels: number, bold: boolean, family = this.family): void {
    this.context.font = `${bold ? 700 : 400} ${pixels}px ${family}`;
  }

  private put(text: string, x: number, align: CanvasTextAlign, rtl: boolean, colour: string, widest = this.inner): void {
    if (!this.really) return;
    this.context.direction = rtl ? 'rtl' : 'ltr';
    this.context.textAlign = align;
    this.context.fillStyle = colour;
    // What is wider than its place even by itself is drawn narrower: nothing on paper is ever cut off.
    this.context.fillText(text, x, this.y, widest);
  }

  /** In rows that fit: first between its parts, and a part that is too long by itself between its words. */
  private broken(text: string, widest: number, between = ' · '): string[] {
    if (this.context.measureText(text).width <= widest) return [text];
    const rows: string[] = [];
    let row = '';
    for (const part of text.split(between)) {
      const longer = row ? `${row}${between}${part}` : part;
      if (row && this.context.measureText(longer).width > widest) {
        rows.push(row);
        row = part;
      } else row = longer;
    }
    rows.push(row);
    return between === ' ' ? rows : rows.flatMap((one) => this.broken(one, widest, ' '));
  }

  line({ text, language, size, at, faint, struck }: Extract<Block, { kind: 'line' }>): void {
    const { style, context } = this;
    const rtl = language === 'ar';
    const serial = size === 'serial';
    let pixels = style.sizes[size];
    const set = (): void => this.font(pixels, BOLD.has(size), serial ? this.mono : this.family);
    set();
    const whole = size === 'sum' || serial; // A number is never broken into two lines: it gets smaller instead.
    while (whole && pixels > style.sizes.small && context.measureText(text).width > this.inner) {
      pixels -= 1;
      set();
    }
    const colour = serial ? style.serial : faint ? style.faint : style.ink;
    const x = at === 'centre' ? style.width / 2 : rtl ? style.width - style.margin : style.margin;
    for (const row of whole ? [text] : this.broken(text, this.inner)) {
      this.y += Math.round(pixels * (whole ? 1.25 : style.line_height));
      this.put(row, x, at === 'centre' ? 'center' : rtl ? 'right' : 'left', rtl, colour);
      if (struck) this.strike(context.measureText(row).width, pixels);
    }
    if (size === 'sum') this.y += Math.round(pixels * 0.3); // The sign of a currency may hang far below the figures.
  }

  private strike(wide: number, pixels: number): void {
    if (!this.really) return;
    const thick = Math.max(3, Math.round(pixels / 12));
    this.context.fillStyle = this.style.ink;
    const long = Math.min(this.inner, Math.round(wide + pixels / 2));
    this.context.fillRect(Math.round((this.style.width - long) / 2), this.y - Math.round(pixels * 0.36), long, thick);
  }

  pair({ label, amount, bold }: Extract<Block, { kind: 'pair' }>): void {
    const { style, context } = this;
    const pixels = style.sizes.text;
    const right = style.margin + this.amounts; // Amounts end on one line, so that their decimal points stand under each other.
    const beside = this.inner - this.amounts - pixels;
    this.font(pixels, false);
    const narrow = this.broken(label, beside);
    // A word that is too long for the place beside the amount gets the whole width, and the amount the next row.
    const apart = narrow.some((row) => context.measureText(row).width > beside);
    const rows = apart ? [...this.broken(label, this.inner), ''] : narrow;
    rows.forEach((row, place) => {
      this.y += Math.round(pixels * style.line_height);
      this.font(pixels, false);
      this.put(row, style.width - style.margin, 'right', true, style.faint);
      if (place !== (apart ? rows.length - 1 : 0)) return;
      this.font(pixels, bold === true);
      this.put(amount, right, 'right', false, style.ink, this.amounts);
    });
  }

  rule(): void {
    const { context, style } = this;
    const step = Math.round(style.sizes.text / 2);
    this.y += step + 4;
    if (this.really) {
      context.fillStyle = style.rule;
      const dash = this.inner / (2 * Math.round((this.inner * 15) / style.width) + 1); // Begins and ends with a dash.
      for (let x = style.margin; x < style.width - style.margin; x += dash * 2) {
        context.fillRect(Math.round(x), this.y, Math.round(dash), Math.max(2, Math.round(style.width / 200)));
      }
    }
    this.y += Math.round(step / 2);
  }

  boxed({ kind, text }: Extract<Block, { kind: 'frame' | 'band' }>): void {
    const { context, style } = this;
    const band = kind === 'band';
    const pixels = style.sizes.name;
    this.font(pixels, true);
    const words = text.ar === text.en ? text.ar : `${text.ar}  ·  ${text.en}`;
    const high = Math.round(pixels * 1.6);
    this.y += Math.round(pixels * 0.5);
    if (this.really) {
      const edge = Math.max(3, Math.round(style.width / 180));
      context.fillStyle = style.ink;
      context.fillRect(style.margin, this.y, this.inner, high);
      context.fillStyle = style.ground;
      if (!band) context.fillRect(style.margin + edge, this.y + edge, this.inner - 2 * edge, high - 2 * edge);
    }
    const bottom = this.y + high;
    this.y += Math.round(high * 0.7);
    this.put(words, style.width / 2, 'center', true, band ? style.ground : style.ink, this.inner - pixels);
    this.y = bottom + Math.round(pixels * 0.2);
  }

  code({ text }: Extract<Block, { kind: 'code' }>): void {
    const { context, style } = this;
    const { size, path } = qr_modules(text);
    const module = Math.max(2, Math.floor(style.code / size)); // Whole dots, or readers lose their footing.
    const side = size * module;
    this.y += Math.round(style.sizes.text * 0.8);
    if (this.really) {
      context.save();
      context.translate(Math.round((style.width - side) / 2), this.y);
      context.scale(module, module);
      context.fillStyle = 'white';
      context.fillRect(0, 0, size, size);
      context.fillStyle = 'black';
      context.fill(new Path2D(path));
      context.restore();
    }
    this.y += side;
  }

  block(block: Block): void {
    if (block.kind === 'line') this.line(block);
    else if (block.kind === 'pair') this.pair(block);
    else if (block.kind === 'rule') this.rule();
    else if (block.kind === 'code') this.code(block);
    else this.boxed(block);
  }
}

/** How wide the column of amounts must be. */
function amounts_width(context: CanvasRenderingContext2D, blocks: readonly Block[], style: Style): number {
  context.font = `700 ${style.sizes.text}px ${token('--font')}`;
  return Math.ceil(Math.max(0, ...blocks.map((block) => (block.kind === 'pair' ? context.measureText(block.amount).width : 0))));
}

export async function paint(blocks: readonly Block[], style: Style): Promise<HTMLCanvasElement> {
  await fonts_loaded();
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('no canvas');
  const amounts = amounts_width(context, blocks, style);
  const pass = (really: boolean): number => {
    const brush = new Brush(context, style, amounts, really);
    for (const block of blocks) brush.block(block);
    return brush.y + Math.max(style.margin, style.sizes.small);
  };
  canvas.width = style.width;
  // Setting a size empties the canvas and forgets its font. Printers take rows by the eight.
  canvas.height = Math.ceil(pass(false) / 8) * 8;
  context.fillStyle = style.ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  pass(true);
  return canvas;
}

/** Darker than this is black: a little above the middle, so that thin strokes keep their body. */
const INK_BELOW = 150;

/** Luminance of every pixel, row by row. */
export function greys(canvas: HTMLCanvasElement): Uint8Array<ArrayBuffer> {
  const { data } = pixels_of(canvas);
  const found = new Uint8Array(canvas.width * canvas.height);
  for (let at = 0; at < found.length; at += 1) {
    found[at] = Math.round(0.299 * (data[at * 4] ?? 0) + 0.587 * (data[at * 4 + 1] ?? 0) + 0.114 * (data[at * 4 + 2] ?? 0));
  }
  return found;
}

/** Only black and white are left. Letters are not dithered: a grey edge becomes a clean one. */
export function blacken(canvas: HTMLCanvasElement): ImageData {
  const image = pixels_of(canvas);
  greys(canvas).forEach((grey, at) => image.data.fill(grey < INK_BELOW ? 0 : 255, at * 4, at * 4 + 3));
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return image;
}

function pixels_of(canvas: HTMLCanvasElement): ImageData {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
