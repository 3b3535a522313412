/** Thin spaces between thousands from 10,000 on, whatever the language. Takes a decimal point or comma. */
export function groupDigits(text: string): string {
  const parts = /^(-?)(\d{5,})([.,].*)?$/.exec(text);
  if (!parts) return text;
  return `${parts[1]}${parts[2]!.replace(/\B(?=(\d{3})+$)/g, '\u202f')}${parts[3] ?? ''}`;
}

/** Two digits for clocks and dates. */
export function pad(n: number): string {
  return String(n).padStart(2, '0');
}
