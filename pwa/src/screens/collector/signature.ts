/** The signature as a picture, to be kept and sent as an attachment: personal details stay out of the money's own entry. */
export async function signature_picture(strokes: readonly number[][]): Promise<Blob | null> {
  const canvas = document.createElement('canvas');
  canvas.width = 600;
  canvas.height = 180;
  const context = canvas.getContext('2d');
  if (!context) return null;
  context.fillStyle = 'white';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.lineWidth = 4;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  for (const points of strokes) {
    context.beginPath();
    for (let place = 0; place + 1 < points.length; place += 2) {
      context.lineTo((points[place] ?? 0) * 0.6, (points[place + 1] ?? 0) * 0.6);
    }
    context.stroke();
  }
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}
