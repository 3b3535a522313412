/**
 * Every text a person reads: one catalogue per language, all of one shape. Places for values are functions, so that
 * the word order can change. Read `texts` where it is shown, not once at start: it follows the chosen language.
 */
export { kLanguages, language, texts, type LanguageCode } from './language.svelte';
export type { Texts } from './texts';

/** What a word of the server is called for people; a word that the catalogue does not know stays as it is. */
export function named(names: Readonly<Record<string, string>>, word: string): string {
  return names[word] ?? word;
}
