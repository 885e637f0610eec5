/** A photo small enough to send from the field and large enough to read a cheque on. */
export const LONGEST = 1600;
const QUALITY = 0.7;

/** Width and height in pixels, the longer side at most LONGEST; never made larger. */
export function fitted(width: number, height: number, longest = LONGEST): [width: number, height: number] {
  const scale = Math.min(1, longest / Math.max(width, height, 1));
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

/** What the viewfinder shows or a file holds, as a JPEG. Throws when the browser makes none. */
export async function picture_of(source: CanvasImageSource, width: number, height: number): Promise<Blob> {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = fitted(width, height);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas to draw on');
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY));
  if (!blob) throw new Error('the picture could not be encoded');
  return blob;
}

/** A chosen file as a photo: turned upright by what it says of itself. Throws for what is no picture. */
export async function picture_from(file: Blob): Promise<Blob> {
  const bitmap = await createImageBitmap(file);
  try {
    return await picture_of(bitmap, bitmap.width, bitmap.height);
  } finally {
    bitmap.close();
  }
}
