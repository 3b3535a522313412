import { texts } from '../messages';

/** The two top bits of an OPC UA StatusCode say how far a value can be trusted. */
export type Severity = 'good' | 'uncertain' | 'bad';

const kOverflowBits = 0x0480;
const kGoodLocalOverride = 0x0096;

export function severity(quality: number): Severity {
  const top = (quality >>> 30) & 3;
  return top === 0 ? 'good' : top === 1 ? 'uncertain' : 'bad';
}

/** Samples were lost on the way to this one. */
export function overflowed(quality: number): boolean {
  return (quality & kOverflowBits) === kOverflowBits;
}

export function forced(quality: number): boolean {
  return quality >>> 16 === kGoodLocalOverride;
}

/** A sentence for the person in front of the screen: what is the matter, not the code. */
export function qualitySentence(quality: number, status: string): string {
  const known = (texts.quality as Record<string, string>)[status];
  const sentence = known ?? texts.severity[severity(quality)];
  return overflowed(quality) ? `${sentence} ${texts.overflow}` : sentence;
}

/** Two or three words for a table; '' when there is nothing to say. */
export function qualityShort(quality: number, status: string): string {
  if (severity(quality) === 'good') return forced(quality) ? texts.forced : overflowed(quality) ? texts.lost : '';
  return (texts.qualityShort as Record<string, string>)[status] ?? splitWords(status);
}

/** "BadSensorFailure" -> "Bad sensor failure". */
export function splitWords(status: string): string {
  const words = status.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
