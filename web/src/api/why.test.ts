import { expect, it } from 'vitest';
import type { Frame } from './connectors';
import { framesOf, type Why } from './why';

const frame = (number: number, direction: Frame['direction']): Frame => ({ number, time: '2026-11-20T23:19:33.620306Z', direction, bytes: '00', text: '', delay: null });
const why = (of: Why['frame']): Why => ({ path: '/A', value: 1, quality: 0, status: 'Good', explanation: [], source: null, frame: of });

it('the frames behind a value are the request and, when it came, its answer', () => {
  const [request, answer] = [frame(1, 'sent'), frame(2, 'received')];
  expect(framesOf(why({ request, answer }))).toEqual([request, answer]);
  expect(framesOf(why({ request, answer: null }))).toEqual([request]);
  expect(framesOf(why(null))).toEqual([]);
});
