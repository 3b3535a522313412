import type { english } from './english';

export type Texts = typeof english;
