/** Hands a text to the browser (or the desktop app's own download) as a file. */
export function downloadText(fileName: string, mediaType: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: mediaType }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The download has taken its copy by the next turn of the loop.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
