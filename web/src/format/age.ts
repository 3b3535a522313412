import { texts } from '../messages';
import { pad } from './digits';
import { decimal } from './value';

/** Milliseconds since 1970; null when the text is no time ("never"). */
export function parseTime(text: string | null | undefined): number | null {
  if (!text) return null;
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : time;
}

/** "0.4 s" is noise on a screen that is read at two metres: whole seconds from 1 s on, then coarser. */
export function formatAge(ms: number | null): string {
  if (ms === null) return texts.never;
  const s = Math.floor(Math.max(0, ms) / 1000);
  if (s < 1) return texts.now;
  const unit = texts.locale.units;
  if (s < 60) return `${s} ${unit.s}`;
  if (s < 3600) return `${Math.floor(s / 60)} ${unit.min} ${pad(s % 60)} ${unit.s}`;
  if (s < 86400) return `${Math.floor(s / 3600)} ${unit.h} ${pad(Math.floor((s % 3600) / 60))} ${unit.min}`;
  return `${Math.floor(s / 86400)} ${unit.d} ${pad(Math.floor((s % 86400) / 3600))} ${unit.h}`;
}

/** Same, short enough for a narrow column. */
export function formatAgeShort(ms: number | null): string {
  return ms === null ? texts.never : formatAge(ms).split(' ').slice(0, 2).join(' ');
}

/** A configured or measured duration in seconds: "500 ms", "5 s", "2 min". */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '–';
  const unit = texts.locale.units;
  if (seconds === 0) return `0 ${unit.s}`;
  if (seconds < 1) return `${trim(seconds * 1000)} ${unit.ms}`;
  if (seconds < 120) return `${trim(seconds)} ${unit.s}`;
  return formatAge(seconds * 1000);
}

/** The local time of day, with the date when it is not today's. */
export function formatTime(ms: number | null, today: number = Date.now()): string {
  if (ms === null) return texts.never;
  const at = new Date(ms);
  const clock = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
  return at.toDateString() === new Date(today).toDateString() ? clock : `${formatDate(at)} ${clock}`;
}

/** With milliseconds: for the detail of one value. */
export function formatTimeExact(ms: number | null, today: number = Date.now()): string {
  if (ms === null) return texts.never;
  return `${formatTime(ms, today)}.${String(new Date(ms).getMilliseconds()).padStart(3, '0')}`;
}

function formatDate(at: Date): string {
  return texts.locale.date(String(at.getFullYear()), pad(at.getMonth() + 1), pad(at.getDate()));
}

function trim(n: number): string {
  return decimal(String(Number(n.toPrecision(3))));
}
