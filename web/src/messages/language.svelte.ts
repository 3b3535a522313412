import { english } from './english';
import type { Texts } from './texts';

export type LanguageCode = 'en' | 'de' | 'ru';

/** Each by its own name, as whoever looks for it can read. */
export const kLanguages: Record<LanguageCode, string> = { en: 'English', de: 'Deutsch', ru: 'Русский' };

// Only the language that is shown is loaded; English is there for the first moment and for tests.
const kCatalogues: Record<LanguageCode, () => Promise<Texts>> = {
  en: () => Promise.resolve(english),
  de: () => import('./german').then((m) => m.german),
  ru: () => import('./russian').then((m) => m.russian),
};

const kKey = 'tagwerk.language';

/** The first of the browser's languages that there is; English otherwise. */
export function preferred(wanted: readonly string[]): LanguageCode {
  const codes = wanted.map((tag) => tag.toLowerCase().split('-')[0] ?? '');
  return (codes.find((code) => code in kLanguages) as LanguageCode | undefined) ?? 'en';
}

/** The language of the page: the browser's until somebody chooses another, which is remembered. */
class Language {
  code = $state<LanguageCode>('en');
  catalogue = $state.raw<Texts>(english);

  /** Before the page is shown, so that nobody sees it in the wrong language first. */
  start(): Promise<void> {
    return this.load(remembered() ?? preferred(navigator.languages ?? []));
  }

  async choose(code: LanguageCode): Promise<void> {
    try {
      localStorage.setItem(kKey, code);
    } catch {
      // Without storage the choice holds for this page only.
    }
    await this.load(code);
  }

  private async load(code: LanguageCode): Promise<void> {
    try {
      this.catalogue = await kCatalogues[code]();
      this.code = code;
      document.documentElement.lang = code;
    } catch {
      // The server was updated or does not answer: what is shown stays.
    }
  }
}

function remembered(): LanguageCode | null {
  try {
    const kept = localStorage.getItem(kKey);
    return kept !== null && kept in kLanguages ? (kept as LanguageCode) : null;
  } catch {
    return null;
  }
}

export const language = new Language();

function inChosenLanguage(): Texts {
  const view = {};
  for (const key of Object.keys(english) as (keyof Texts)[]) {
    Object.defineProperty(view, key, { get: () => language.catalogue[key], enumerable: true });
  }
  return view as Texts;
}

export const texts: Texts = inChosenLanguage();
