/** A PDF of one page with one picture on it, written by hand: it needs no network and no library. */

export interface Grey {
  width: number;
  height: number;
  /** One byte a pixel, row by row, 0 is black. */
  pixels: Uint8Array<ArrayBuffer>;
}

const POINTS_PER_MM = 72 / 25.4;

async function deflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Text for the reader's title bar, in UTF-16 as PDF wants it. */
function hex(text: string): string {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at).toString(16).padStart(4, '0'));
  return `<feff${units.join('')}>`;
}

/** `width_mm`: of the page; its height follows from the picture. */
export async function picture_pdf(picture: Grey, { title, width_mm }: { title: string; width_mm: number }): Promise<Blob> {
  const wide = (width_mm * POINTS_PER_MM).toFixed(2);
  const high = ((width_mm * POINTS_PER_MM * picture.height) / picture.width).toFixed(2);
  const image = await deflated(picture.pixels);
  const draw = `q ${wide} 0 0 ${high} 0 0 cm /P Do Q`;
  const about = `/Type /XObject /Subtype /Image /Width ${picture.width} /Height ${picture.height} /ColorSpace /DeviceGray /BitsPerComponent 8`;
  const objects: (string | Uint8Array)[][] = [
    ['<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /DisplayDocTitle true >> >>'],
    ['<< /Type /Pages /Kids [3 0 R] /Count 1 >>'],
    [`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${wide} ${high}] /Resources << /XObject << /P 4 0 R >> >> /Contents 5 0 R >>`],
    [`<< ${about} /Filter /FlateDecode /Length ${image.length} >>\nstream\n`, image, '\nendstream'],
    [`<< /Length ${draw.length} >>\nstream\n${draw}\nendstream`],
    [`<< /Title ${hex(title)} /Producer (Sanad) >>`],
  ];

  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const put = (part: string | Uint8Array): void => {
    const bytes = typeof part === 'string' ? new TextEncoder().encode(part) : new Uint8Array(part);
    parts.push(bytes);
    length += bytes.length;
  };
  put('%PDF-1.4\n');
  const places = objects.map((object, at) => {
    const place = length;
    put(`${at + 1} 0 obj\n`);
    object.forEach(put);
    put('\nendobj\n');
    return place;
  });
  const table = length;
  const rows = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
  put(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}`);
  put(`trailer\n<< /Size ${objects.length + 1} /Root 1 0 R /Info 6 0 R >>\nstartxref\n${table}\n%%EOF\n`);
  return new Blob(parts, { type: 'application/pdf' });
}
