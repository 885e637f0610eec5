/** Files that leave this device: through the share sheet, where there is one for files, or into the downloads. */

export function can_share(data: ShareData): boolean {
  // canShare is missing where sharing is.
  return (navigator.canShare as typeof navigator.canShare | undefined)?.call(navigator, data) ?? false;
}

export function save_file(file: File): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Shares the file where the device can, else saves it. `closed`: the person closed the share sheet. */
export async function hand_out(file: File, about: { title?: string; text?: string } = { title: file.name }): Promise<'shared' | 'saved' | 'closed'> {
  const share = { files: [file], ...about };
  if (can_share(share)) {
    try {
      await navigator.share(share);
      return 'shared';
    } catch (cause) {
      if (cause instanceof DOMException && cause.name === 'AbortError') return 'closed';
    }
  }
  save_file(file);
  return 'saved';
}
