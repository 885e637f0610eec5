/** The voucher as a file to send, made on the phone: both languages, no copy number (a sent voucher never has one). */
import { type Paper, voucher_page } from '../../printing/page';
import { greys, paint, pdf_style, picture_style } from '../../printing/paint';
import { picture_pdf } from '../../printing/pdf';

export type Sent = Omit<Paper, 'copy'>;

/** As wide as a large phone held upright or a sheet of A6, so that the code prints at more than 30 mm. */
const PDF_WIDTH_MM = 105;

export async function voucher_picture(sent: Sent): Promise<File> {
  const canvas = await paint(voucher_page(sent), picture_style());
  const blob = await new Promise<Blob>((resolve, reject) => {
    canvas.toBlob((made) => (made ? resolve(made) : reject(new Error('no picture'))), 'image/png');
  });
  return new File([blob], `${sent.voucher.number}.png`, { type: 'image/png' });
}

export async function voucher_pdf(sent: Sent): Promise<File> {
  const { number } = sent.voucher;
  const canvas = await paint(voucher_page(sent), pdf_style());
  const picture = { width: canvas.width, height: canvas.height, pixels: greys(canvas) };
  const pdf = await picture_pdf(picture, { title: `${number} · ${sent.company.name}`, width_mm: PDF_WIDTH_MM });
  return new File([pdf], `${number}.pdf`, { type: 'application/pdf' });
}
